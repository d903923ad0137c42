"""Reads every calendar of a folder with icalendar and with vobject, and compares it with what the API told."""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import icalendar
import vobject


def instant(value):
    assert isinstance(value, datetime) and value.utcoffset() is not None, f"{value!r} is no instant"
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def by_icalendar(text):
    calendar = icalendar.Calendar.from_ical(text)
    for component in calendar.walk():
        assert not component.errors, f"{component.name}: {component.errors}"
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"] and calendar.subcomponents
    return [
        {
            "uid": str(event["UID"]),
            "starts_at": instant(event["DTSTART"].dt),
            "ends_at": instant(event["DTEND"].dt),
            "sequence": int(event["SEQUENCE"]),
            "status": str(event["STATUS"]),
            "summary": str(event["SUMMARY"]),
        }
        for event in calendar.walk("VEVENT")
        if instant(event["DTSTAMP"].dt) and instant(event["LAST-MODIFIED"].dt)
    ]


def by_vobject(text):
    calendar = vobject.readOne(text.decode(), validate=True)
    return [
        {
            "uid": event.uid.value,
            "starts_at": instant(event.dtstart.value),
            "ends_at": instant(event.dtend.value),
            "sequence": int(event.sequence.value),
            "status": event.status.value,
            "summary": event.summary.value,
        }
        for event in calendar.contents.get("vevent", [])
        if event.validate(raiseException=True)
    ]


wrong = 0
for file in sorted(Path(sys.argv[1]).glob("*.ics")):
    told = json.loads(file.with_suffix(".json").read_text())
    for name, read in [("icalendar", by_icalendar), ("vobject", by_vobject)]:
        try:
            found = read(file.read_bytes())
        except Exception as complaint:
            wrong += 1
            print(f"{name} complains of {file.name}: {type(complaint).__name__}: {complaint}")
            continue
        if sorted(found, key=lambda event: event["uid"]) != sorted(told, key=lambda event: event["uid"]):
            wrong += 1
            print(f"{name} reads in {file.name}\n  {found}\nand the API told\n  {told}")
        else:
            print(f"{name} reads {file.name}: {len(found)} calls, as the API tells them")
sys.exit(1 if wrong else 0)
