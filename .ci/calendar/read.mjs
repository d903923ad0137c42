// Reads every calendar of a folder with ical.js, and compares it with what the API told.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import ICAL from "ical.js";

ICAL.design.strict = true;

const second = (time) => {
  assert(time instanceof ICAL.Time && time.zone === ICAL.Timezone.utcTimezone, `${time} is no instant`);
  return time.toJSDate().toISOString().replace(".000Z", "Z");
};

const read = (text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  assert.equal(calendar.name, "vcalendar");
  return calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component, { strictExceptions: true });
    second(component.getFirstPropertyValue("dtstamp"));
    return {
      uid: event.uid,
      starts_at: second(event.startDate),
      ends_at: second(event.endDate),
      sequence: event.sequence,
      status: component.getFirstPropertyValue("status"),
      summary: event.summary,
    };
  });
};

const byUid = (one, other) => (one.uid < other.uid ? -1 : 1);
const folder = process.argv[2];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".ics")).sort()) {
  const told = JSON.parse(readFileSync(join(folder, `${basename(file, ".ics")}.json`), "utf8"));
  try {
    const found = read(readFileSync(join(folder, file), "utf8"));
    assert.deepEqual(found.sort(byUid), told.sort(byUid));
    console.log(`ical.js reads ${file}: ${found.length} calls, as the API tells them`);
  } catch (complaint) {
    process.exitCode = 1;
    console.log(`ical.js and ${file}: ${complaint.message}`);
  }
}
