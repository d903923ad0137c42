"""Has the schema of CycloneDX judge a document, and looks whether all that it refers to is there."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if error:
    sys.exit(f"{sys.argv[1]} is not as CycloneDX has it: {str(error).splitlines()[0]}")

document = json.loads(text)
components = [document["metadata"]["component"], *document["components"]]
known = [component["bom-ref"] for component in components]
if len(set(known)) != len(known):
    sys.exit(f"{sys.argv[1]} lists something twice")
named = [one["ref"] for one in document["dependencies"]]
named += [needed for one in document["dependencies"] for needed in one["dependsOn"]]
if set(named) != set(known):
    sys.exit(f"{sys.argv[1]} refers to what it does not list, or lists what nobody needs: {set(named) ^ set(known)}")
linked = sum(component.get("scope") == "required" for component in components)
print(f"{sys.argv[1]}: good, says the schema of CycloneDX: {linked} crates in the binary, {len(known) - 1 - linked} to build it")
