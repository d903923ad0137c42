"""Prints what the release is built from as CycloneDX 1.6: each crate with its licence, its checksum, and what it needs."""

import json
import subprocess
import tomllib

TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]


def tree(target, edges):
    """The lines that `cargo tree` prints of the release: how deep, name, version, licence."""
    command = ["cargo", "tree", "--locked", "--offline", "--quiet", "--no-default-features", "--target", target]
    command += ["--edges", edges, "--prefix", "depth", "--format", "|{p}|{l}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        depth, package, licence = line.removesuffix(" (*)").split("|")
        name, version = package.split(" ")[:2]
        yield int(depth), (name, version.removeprefix("v")), licence


def reference(package):
    name, version = package
    return f"pkg:cargo/{name}@{version.replace('+', '%2B')}"


def lines(document):
    """The document, with a line for each entry of its lists, so that a change is read as one."""
    parts = []
    for name, value in document.items():
        entries = ",\n    ".join(map(json.dumps, value)) if isinstance(value, list) else ""
        parts.append(f"{json.dumps(name)}: " + (f"[\n    {entries}\n  ]" if entries else json.dumps(value)))
    return "{\n  " + ",\n  ".join(parts) + "\n}"


def main():
    with open("Cargo.lock", "rb") as file:
        locked = {(one["name"], one["version"]): one.get("checksum") for one in tomllib.load(file)["package"]}

    licences, needs, linked = {}, {}, set()
    for target in TARGETS:
        above = []
        for depth, package, licence in tree(target, "normal,build"):
            licences[package] = " ".join(licence.replace("/", " OR ").split())
            needs.setdefault(package, set())
            del above[depth:]
            if above:
                needs[above[-1]].add(package)
            above.append(package)
        linked |= {package for _, package, _ in tree(target, "normal,no-proc-macro")}
    ours = next(package for package in licences if locked[package] is None)

    def component(package):
        name, version = package
        described = {"type": "application" if package == ours else "library", "bom-ref": reference(package)}
        described |= {"name": name, "version": version}
        if package != ours:
            # what only runs while it is built is no part of the binary
            described["scope"] = "required" if package in linked else "excluded"
            described["hashes"] = [{"alg": "SHA-256", "content": locked[package]}]
        return described | {"licenses": [{"expression": licences[package]}], "purl": reference(package)}

    packages = sorted(licences)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "pre-build"}],
            "component": component(ours),
            "properties": [{"name": "cargo:target", "value": target} for target in TARGETS],
        },
        "components": [component(package) for package in packages if package != ours],
        "dependencies": [
            {"ref": reference(package), "dependsOn": [reference(needed) for needed in sorted(needs[package])]}
            for package in packages
        ],
    }
    unlicensed = [reference(package) for package in packages if not licences[package]]
    assert not unlicensed, f"without a licence: {unlicensed}"
    print(lines(document))


main()
