// Tells people in chat that somebody asks them to coach: the receiver of a webhook. chat-bot.md says how it is used.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const missing = ["API_URL", "API_TOKEN", "WEBHOOK_SECRET", "CHAT_URL"].filter((name) => !process.env[name]);
if (missing.length) throw new Error(`not set: ${missing.join(", ")}`);
const { API_URL, API_TOKEN, WEBHOOK_SECRET, CHAT_URL, HOST = "127.0.0.1", PORT = "0" } = process.env;
const { FRONT_URL = `${API_URL}/v1` } = process.env;
const webhooks = WEBHOOK_SECRET.trim().split(/\s+/).map((secret) => new Webhook(secret));
const told = new Map(); // the last thousand ids, and what comes of them

const ask = async (url, options) => {
  const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`${new URL(url).origin} has answered ${answer.status}`);
  return answer.text();
};

const say = (externalId, text) => {
  const body = JSON.stringify({ to: externalId, text });
  return ask(CHAT_URL, { method: "POST", headers: { "content-type": "application/json" }, body });
};

const tell = async ({ recipient_id, pairing_id }) => {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const member = JSON.parse(await ask(`${API_URL}/v1/members/${recipient_id}`, { headers }));
  const text = `Someone asks you to coach them. Have a look: ${FRONT_URL}/pairings/${pairing_id}`;
  if (member.external_id) await say(member.external_id, text);
};

const verified = (body, headers) => {
  for (const webhook of webhooks) {
    try {
      return webhook.verify(body, headers);
    } catch {} // perhaps by another secret
  }
};

const receive = async (request) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) if (body.length < 65_536) body += chunk;
  const event = verified(body, request.headers), id = request.headers["webhook-id"];
  if (!event) return 400;
  if (event.type !== "pairing.requested" || !event.data.notify) return 204;
  if (!told.has(id)) told.set(id, tell(event.data)); // who comes again meanwhile waits for the same
  if (told.size > 1_000) told.delete(told.keys().next().value);
  return told.get(id).then(() => 204, (problem) => {
    console.error(`not told, and so to come again: ${problem.message}`);
    told.delete(id);
    return 503;
  });
};

const server = createServer(async (request, response) => {
  response.writeHead(await receive(request).catch(() => 400)).end();
});
server.listen(Number(PORT), HOST, () => console.log(`listening on ${server.address().port}`));
