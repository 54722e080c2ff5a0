"""The signed upstream event that every contender answers."""

import time

import msgspec

from benchmarks.harness.servers import KEY
from serverless_hub.protocol.client_token import client_claims
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.tokens import sign_token

__all__ = ["ANSWER", "HEADERS", "JSON_BODY", "MSGPACK_ANSWER", "MSGPACK_BODY", "MSGPACK_HEADERS", "WEBHOOK", "token"]

WEBHOOK = "/runtime/webhooks/signalr"
_CONNECTION = "0f9c97a2f0bf4706afe87a14e0797b11"
JSON_BODY = b'{"type":1,"invocationId":"7","target":"sendMessage","arguments":["lobby",{"text":"hello"}]}'
ANSWER = b'{"type":3,"invocationId":"7","result":10}\x1e'
MSGPACK_BODY = msgspec.msgpack.encode([1, {}, "7", "sendMessage", ["lobby", {"text": "hello"}], []])
_MSGPACK_COMPLETION = msgspec.msgpack.encode([3, {}, "7", 3, 10])
MSGPACK_ANSWER = bytes([len(_MSGPACK_COMPLETION)]) + _MSGPACK_COMPLETION
HEADERS = {
    "content-type": "application/json",
    "x-asrs-connection-id": _CONNECTION,
    "x-asrs-hub": "chat",
    "x-asrs-category": "messages",
    "x-asrs-event": "sendMessage",
    # As Azure signs: with both keys of the service. The app knows the second.
    "x-asrs-signature": sign_connection(_CONNECTION, ["another-another-another-another-", KEY]),
    "x-asrs-user-id": "ann",
    "x-asrs-user-claims": "role: admin, role: editor",
    "x-asrs-client-query": "?theme=dark",
}
MSGPACK_HEADERS = {**HEADERS, "content-type": "application/x-msgpack"}


def token(hub: str = "chat", lifetime: float = 3600) -> str:
    """Return an access token for clients of `hub`."""
    audience = f"http://localhost/client/?hub={hub}"
    return sign_token(client_claims(None, {}, audience=audience, now=time.time(), lifetime=lifetime), KEY)
