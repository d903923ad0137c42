// A whole quarter, lived by two people against a running `dev`, whose clock can be moved.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, MERGE, refused, Refused, told } from "./client.js";

const url = process.env["API_URL"] ?? "http://127.0.0.1:8080";
const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is needed: a token, as \`dev\` prints some`);
  return value;
};
const coachee = client(url, need("COACHEE_TOKEN"));
const coach = client(url, need("COACH_TOKEN"));

let steps = 0;
const step = (what: string): void => console.log(`${String(++steps).padStart(2)} ${what}`);
const days = async (number: number): Promise<Date> => {
  const answer = await fetch(`${url}/dev/clock`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance: `P${number}D` }),
  });
  return new Date(((await answer.json()) as { now: string }).now);
};
const later = (from: Date, hours: number): string => new Date(from.getTime() + hours * 3_600_000).toISOString();
const current = { params: { path: { cycle_id: "current" } } };

// A fresh quarter: whatever was before is over.
const cycle = (await told(coachee.GET("/v1/cycles/{cycle_id}", current))).data;
const { data: ready } = await coachee.GET("/readyz");
assert.ok(ready);
let now = await days(Math.ceil((Date.parse(cycle.ends_at) - Date.parse(ready.now)) / 86_400_000) + 1);
const next = (await told(coachee.GET("/v1/cycles/{cycle_id}", current))).data;
assert.notEqual(next.id, cycle.id);
step(`a new quarter: ${next.name}`);

await told(coachee.PUT("/v1/cycles/{cycle_id}/participation", { ...current, body: { answer: "opted_in", topics: ["Kubernetes"] } }));
const questions = (await told(coachee.GET("/v1/cycles/{cycle_id}/reflection", current))).data.questions;
const answers = questions.map((_, at) => (at === 0 ? "I can explain outages without blaming anybody." : null));
const reflection = await told(coachee.PUT("/v1/cycles/{cycle_id}/reflection", { ...current, body: { answers, complete: true } }));
assert.ok(reflection.data.completed_at !== null);
step("opted in, and reflected");

const me = (await told(coach.GET("/v1/me"))).data;
const suggested = (await told(coachee.GET("/v1/cycles/{cycle_id}/coaches", { params: { path: current.params.path, query: { limit: 100 } } }))).data;
const suggestion = suggested.data.find((one) => one.member.id === me.id);
assert.ok(suggestion?.eligible, "the coach is among those who can be asked");
step(`suggested among ${suggested.considered}, because: ${suggestion.because.map((one) => one.reason).join(", ") || "nothing speaks against it"}`);

const key = { header: { "Idempotency-Key": randomUUID() } };
const body = { coach_id: me.id, message: "Would you be my coach this quarter?" };
const asked = await told(coachee.POST("/v1/pairings", { params: key, body }));
const again = await told(coachee.POST("/v1/pairings", { params: key, body }));
assert.deepEqual([again.data.id, again.response.headers.get("Idempotent-Replayed")], [asked.data.id, "true"]);
step("asked, and sent again: one request");

const pairing = { params: { path: { pairing_id: asked.data.id } } };
assert.equal((await told(coach.GET("/v1/me/next-step"))).data.step?.kind, "answer_request");
assert.equal((await told(coach.POST("/v1/pairings/{pairing_id}/accept", pairing))).data.state, "active");
await told(coachee.PUT("/v1/pairings/{pairing_id}/reflection-share", pairing));
const shared = (await told(coach.GET("/v1/pairings/{pairing_id}/reflection", pairing))).data;
assert.equal(shared.questions[0]?.answer, answers[0]);
step("accepted; the reflection is shared");

const planned = await told(coachee.POST("/v1/pairings/{pairing_id}/check-ins", { ...pairing, body: { kind: "kickoff", starts_at: later(now, 24) } }));
const call = { path: { check_in_id: planned.data.id } };
const read = await told(coach.GET("/v1/check-ins/{check_in_id}", { params: call }));
const move = (etag: string, hours: number) =>
  coach.PATCH("/v1/check-ins/{check_in_id}", {
    params: { ...call, header: { "If-Match": etag } },
    headers: MERGE,
    body: { starts_at: later(now, hours) },
  });
await told(move(read.etag, 26));
try {
  await told(move(read.etag, 28));
  assert.fail("the version is an old one");
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  switch (error.problem.code) {
    case "stale":
      assert.equal(error.problem.status, 412); // somebody was quicker: read again, and decide anew
      break;
    default:
      throw error;
  }
}
step("a first call, moved; a stale version is refused");

now = await days(2);
const held = (await told(coachee.GET("/v1/check-ins/{check_in_id}", { params: call }))).data;
assert.ok(held.state === "scheduled" || held.state === "held");
if (held.state === "scheduled") await told(coachee.POST("/v1/check-ins/{check_in_id}/hold", { params: call }));
step("held");

for (const [kind, text] of [["start", "Review one design a week"], ["stop", "Answering at night"], ["continue", "Pairing"]] as const) {
  const action = await told(coachee.POST("/v1/pairings/{pairing_id}/actions", { ...pairing, body: { kind, text } }));
  await told(coachee.POST("/v1/actions/{action_id}/progress", { params: { path: { action_id: action.data.id } }, body: { text: "Begun." } }));
}
await told(coach.PUT("/v1/check-ins/{check_in_id}/note", { params: call, body: { text: "Speaks faster when it matters.", shared: true } }));
const notes = (await told(coachee.GET("/v1/check-ins/{check_in_id}/notes", { params: call }))).data;
assert.ok(JSON.stringify(notes).includes("Speaks faster"));
await told(coach.POST("/v1/pairings/{pairing_id}/insights", { ...pairing, body: { kind: "leverage", text: "Explains well." } }));
step("start, stop, continue; a shared note; an insight");

const series = await told(coachee.POST("/v1/pairings/{pairing_id}/series", { ...pairing, body: { starts_at: later(now, 24 * 7) } }));
assert.ok(series.data.check_ins.length > 5);
now = await days(9);
const caughtUp = await told(coachee.POST("/v1/pairings/{pairing_id}/complete", pairing));
assert.equal(caughtUp.data.state, "completed");
step(`${series.data.check_ins.length} weekly calls; met and met again: completed`);

await days(Math.ceil((Date.parse(next.ends_at) - now.getTime()) / 86_400_000) + 1);
await told(coachee.PUT("/v1/cycles/{cycle_id}/participation", { ...current, body: { answer: "opted_in" } }));
await told(coachee.PUT("/v1/cycles/{cycle_id}/reflection", { ...current, body: { complete: true } }));
assert.equal(await refused(coachee.POST("/v1/pairings", { body: { coach_id: me.id } })), "coached_you_last_time");
const others = (await told(coachee.GET("/v1/cycles/{cycle_id}/coaches", current))).data.data;
const someone = others.find((one) => one.eligible);
assert.ok(someone);
assert.equal((await told(coachee.POST("/v1/pairings", { body: { coach_id: someone.member.id } }))).data.state, "requested");
step("the next quarter: someone else");
