"""Verifies each delivery of a folder by two libraries: good ones with each of their secrets, the others with none."""

import json
import sys
from pathlib import Path

import standardwebhooks
import svix.webhooks

LIBRARIES = {"standardwebhooks": standardwebhooks, "svix": svix.webhooks}


def verifies(library, secret, delivery):
    try:
        library.Webhook(secret).verify(delivery["body"], delivery["headers"])
        return True
    except (library.WebhookVerificationError, ValueError):  # the latter for what is no base64
        return False


good = bad = wrong = 0
for file in sorted(Path(sys.argv[1]).glob("*.json")):
    delivery = json.loads(file.read_text(encoding="utf-8"))
    is_good, secrets = delivery["good"], delivery["secrets"]
    assert isinstance(is_good, bool) and secrets, f"{file.name} says too little"
    good, bad = good + is_good, bad + (not is_good)
    for place, secret in enumerate(secrets, 1):
        for name, library in LIBRARIES.items():
            if verifies(library, secret, delivery) != is_good:
                wrong += 1
                verb = "refuses" if is_good else "believes"
                print(f"{name} for Python {verb} {file.name}, by secret {place} of {len(secrets)}")
print(f"{' and '.join(LIBRARIES)} for Python: {good} good, {bad} bad, {wrong} taken otherwise")
sys.exit(1 if wrong or not good or not bad else 0)
