"""What must hold of the manifests whoever edits them: reads what Kustomize made of k8s/overlays/production, tells what does
not hold. The schemas of Kubernetes and checkov see what is malformed or careless in general; this sees what we promise.

    holds.py production.yaml
"""

import ipaddress
import sys

import yaml

# Where nobody must be led whom somebody outside can name: this machine, the metadata of clouds, networks of companies.
INSIDE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"]


def pods(things):
    """Kind, name and template of whatever makes containers of ours."""
    for thing in things:
        kind, spec = thing["kind"], thing.get("spec", {})
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield kind, thing["metadata"]["name"], spec["template"]["spec"]


def wrong_with_pods(things):
    for kind, name, pod in pods(things):
        said, context = f"{kind} {name}", pod.get("securityContext", {})
        if not context.get("runAsNonRoot") or context.get("runAsUser", 0) < 10000:
            yield f"{said} may run as root, or as somebody whom the node knows"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{said} has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{said} is given a token of the cluster's"
        for container in pod["containers"] + pod.get("initContainers", []):
            own = container.get("securityContext", {})
            if own.get("capabilities", {}).get("drop") != ["ALL"] or own.get("allowPrivilegeEscalation") is not False:
                yield f"{said} may do what it need not"
            if not own.get("readOnlyRootFilesystem"):
                yield f"{said} may write to its own files"
            if not container.get("resources", {}).get("limits", {}).get("memory"):
                yield f"{said} may take all memory of its node"
            if "@sha256:" not in container["image"]:
                yield f"{said} runs an image that can change under its name: {container['image']}"


def wrong_with_the_service(things, settings):
    deployment = next(thing for thing in things if thing["kind"] == "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    container = spec["containers"][0]
    for probe, path in [("startupProbe", "/livez"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")]:
        if container.get(probe, {}).get("httpGet", {}).get("path") != path:
            yield f"{probe} does not ask {path}: only readiness may depend on the database"
    before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    least = before + int(settings.get("DRAIN_SECONDS", 5)) + 10
    if before < 5 or spec.get("terminationGracePeriodSeconds", 30) < least + 5:
        yield f"a replica is not given the time to stop: {before} s before it is told, and {least + 5} s in all are needed"
    if deployment["spec"]["strategy"]["rollingUpdate"].get("maxUnavailable") != 0:
        yield "a rollout takes replicas away before there are new ones"
    keys = {spread["topologyKey"] for spread in spec.get("topologySpreadConstraints", [])}
    if "kubernetes.io/hostname" not in keys:
        yield "all replicas may be on one node"
    scaler = [thing["spec"] for thing in things if thing["kind"] == "HorizontalPodAutoscaler"]
    if not scaler or scaler[0]["minReplicas"] < 3:
        yield "there may be fewer than three replicas"
    if not any(thing["kind"] == "PodDisruptionBudget" for thing in things):
        yield "a node that is emptied may take all replicas with it"
    ports = {port["name"] for thing in things if thing["kind"] == "Service" for port in thing["spec"]["ports"]}
    for monitor in (thing for thing in things if thing["kind"] == "ServiceMonitor"):
        if not {end["port"] for end in monitor["spec"]["endpoints"]} <= ports:
            yield "the ServiceMonitor asks a port that no Service has"


def wrong_with_the_network(things):
    policies = [thing for thing in things if thing["kind"] == "NetworkPolicy"]
    closed = [policy["spec"] for policy in policies if policy["spec"].get("podSelector") == {}]
    if not any(
        set(spec["policyTypes"]) == {"Ingress", "Egress"} and not spec.get("ingress") and not spec.get("egress")
        for spec in closed
    ):
        yield "no policy closes the namespace: whoever is not named must be refused"
    for policy in policies:
        name = policy["metadata"]["name"]
        ours = "cnpg.io/cluster" not in policy["spec"]["podSelector"].get("matchLabels", {})
        for rule in policy["spec"].get("egress", []):
            if ours and not rule.get("to"):
                yield f"policy {name} lets out to anywhere"
            for block in (to["ipBlock"] for to in rule.get("to", []) if "ipBlock" in to):
                whole = ipaddress.ip_network(block["cidr"])
                left_out = [ipaddress.ip_network(one) for one in block.get("except", [])]
                for inside in map(ipaddress.ip_network, INSIDE):
                    if inside.version != whole.version or not inside.subnet_of(whole):
                        continue
                    if not any(inside.subnet_of(one) for one in left_out):
                        yield f"policy {name} lets out to {inside}"
        for rule in policy["spec"].get("ingress", []):
            if not rule.get("from"):
                yield f"policy {name} lets anybody in"


def wrong_with_the_database(things):
    clusters = [thing["spec"] for thing in things if thing["kind"] == "Cluster"]
    for cluster in clusters:
        synchronous = cluster.get("postgresql", {}).get("synchronous", {})
        if synchronous.get("dataDurability") != "required" or synchronous.get("number", 0) < 1:
            yield "a commit may be lost with one instance"
        if cluster["instances"] < 3:
            yield "with fewer than three instances, the loss of one stops all writes"
        if "walStorage" not in cluster:
            yield "the log may fill the disk that the data is on"
    if not clusters:
        yield "there is no database"


def main():
    with open(sys.argv[1]) as file:
        things = [thing for thing in yaml.safe_load_all(file) if thing]
    settings = {}
    for thing in things:
        if thing["kind"] == "ConfigMap" and "settings" in thing["metadata"]["name"]:
            settings.update(thing["data"])
    wrong = [
        *wrong_with_pods(things),
        *wrong_with_the_service(things, settings),
        *wrong_with_the_network(things),
        *wrong_with_the_database(things),
    ]
    if "sslmode" not in settings.get("DATABASE", "") or "DATABASE_CA_FILE" not in settings:
        wrong.append("the way to the database may be in the clear, or lead to somebody else")
    for one in wrong:
        print(one, file=sys.stderr)
    sys.exit(bool(wrong))


main()
