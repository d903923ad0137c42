"""Tells people in chat that somebody asks them to coach: the receiver of a webhook. chat-bot.md says how it is used."""

import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from threading import Lock
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError

API_URL, API_TOKEN, CHAT_URL = environ["API_URL"], environ["API_TOKEN"], environ["CHAT_URL"]
FRONT_URL = environ.get("FRONT_URL", f"{API_URL}/v1")
WEBHOOKS = [Webhook(secret) for secret in environ["WEBHOOK_SECRET"].split()]
told, one_at_a_time = deque(maxlen=1000), Lock()


def ask(url, headers, body=None):
    with urlopen(Request(url, body, headers), timeout=5) as answer:
        return answer.read()


def say(external_id, text):
    message = json.dumps({"to": external_id, "text": text})
    ask(CHAT_URL, {"Content-Type": "application/json"}, message.encode())


def tell(recipient_id, pairing_id):
    member = json.loads(ask(f"{API_URL}/v1/members/{recipient_id}", {"Authorization": f"Bearer {API_TOKEN}"}))
    if member["external_id"]:
        text = f"Someone asks you to coach them. Have a look: {FRONT_URL}/pairings/{pairing_id}"
        say(member["external_id"], text)


def verified(body, headers):
    for webhook in WEBHOOKS:
        try:
            return webhook.verify(body, headers)
        except (WebhookVerificationError, ValueError):
            pass  # perhaps by another secret


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        self.send_response(self.receive())
        self.end_headers()

    def receive(self):
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), 65_536)) if length.isdecimal() else b""
        event, id = verified(body, dict(self.headers)), self.headers["webhook-id"]
        if not event:
            return 400
        if event["type"] != "pairing.requested" or not event["data"]["notify"]:
            return 204
        with one_at_a_time:
            try:
                if id not in told:
                    tell(event["data"]["recipient_id"], event["data"]["pairing_id"])
                    told.append(id)
                return 204
            except Exception as problem:
                self.log_error("not told, and so to come again: %s", problem)
                return 503


server = ThreadingHTTPServer((environ.get("HOST", "127.0.0.1"), int(environ.get("PORT", "0"))), Receiver)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
