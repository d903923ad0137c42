// Verifies each delivery of a folder by standardwebhooks: good ones with each of their secrets, the others with none.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const verifies = (secret, { body, headers }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (complaint) {
    if (complaint instanceof WebhookVerificationError) return false;
    throw complaint;
  }
};

const folder = process.argv[2];
const counts = { good: 0, bad: 0, wrong: 0 };
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
  const delivery = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const { good, secrets } = delivery;
  if (typeof good !== "boolean" || !secrets.length) throw new Error(`${file} says too little`);
  counts[good ? "good" : "bad"] += 1;
  for (const [place, secret] of secrets.entries()) {
    if (verifies(secret, delivery) === good) continue;
    counts.wrong += 1;
    const verb = good ? "refuses" : "believes";
    console.log(`standardwebhooks for node ${verb} ${file}, by secret ${place + 1} of ${secrets.length}`);
  }
}
console.log(`standardwebhooks for node: ${counts.good} good, ${counts.bad} bad, ${counts.wrong} taken otherwise`);
if (counts.wrong || !counts.good || !counts.bad) process.exitCode = 1;
