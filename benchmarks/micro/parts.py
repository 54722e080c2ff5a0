"""The parts of an event by themselves: codecs, signature, claims, binding, and frames; each beside another way."""

import hmac
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson
from pydantic import TypeAdapter, validate_call
from websockets.frames import Frame, Opcode

from benchmarks.apps.hub_app import Message
from benchmarks.harness.micro import compare
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import KEY
from benchmarks.load.events import ANSWER, HEADERS, JSON_BODY, MSGPACK_BODY
from benchmarks.peers.raw_uvloop import frame
from serverless_hub.hub.binding import Binder
from serverless_hub.protocol.client_info import parse_claims
from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.messages import Completion
from serverless_hub.protocol.signature import verify_connection

__all__ = ["run"]

_CONNECTION, _SIGNATURE = HEADERS["x-asrs-connection-id"], HEADERS["x-asrs-signature"]
_KEYS = (KEY,)


async def run(plan: Plan, recorder: Recorder) -> None:
    """Measure them."""
    plan.tell("parts")
    for group, calls in {**_codecs(), **_checks(), "frame": _frames()}.items():
        compare(group, calls, plan, recorder)


def _codecs() -> dict[str, Mapping[str, Callable[[], object]]]:
    done = Completion("7", 10)
    plain = {"type": 3, "invocationId": "7", "result": 10}
    return {
        "decode": {
            "json": lambda: JSON.decode(JSON_BODY),
            "messagepack": lambda: MESSAGEPACK.decode(MSGPACK_BODY),
            "orjson.loads": lambda: orjson.loads(JSON_BODY),
            "json.loads": lambda: json.loads(JSON_BODY),
            "msgspec.msgpack": lambda: msgspec.msgpack.decode(MSGPACK_BODY),
        },
        "encode": {
            "json": lambda: JSON.encode(done),
            "messagepack": lambda: MESSAGEPACK.encode(done),
            "orjson.dumps": lambda: orjson.dumps(plain) + b"\x1e",
            "json.dumps": lambda: json.dumps(plain).encode() + b"\x1e",
        },
    }


def _checks() -> dict[str, Mapping[str, Callable[[], object]]]:
    arguments = msgspec.Raw(b'["lobby",{"text":"hello"}]')
    adapter = TypeAdapter(tuple[str, Message])

    def method(room: str, message: Message) -> None:
        pass

    binder = Binder("method", list(inspect.signature(method).parameters.values()))
    checked: Callable[..., Any] = validate_call(method)
    values = ["lobby", {"text": "hello"}]
    claims = HEADERS["x-asrs-user-claims"]
    return {
        "signature": {
            "verify": lambda: verify_connection(_CONNECTION, _SIGNATURE, _KEYS),
            "hmac.digest": lambda: hmac.digest(KEY.encode(), _CONNECTION.encode(), "sha256"),
            "hmac.new": lambda: hmac.new(KEY.encode(), _CONNECTION.encode(), "sha256").digest(),
        },
        "claims": {
            "parse": lambda: parse_claims(claims),
            "split": lambda: [item.partition(": ") for item in claims.split(", ")],
        },
        "binding": {
            "binder": lambda: binder.bind(arguments),
            "pydantic": lambda: adapter.validate_json(bytes(arguments)),
            "validate_call": lambda: checked(*values),
        },
    }


def _frames() -> Mapping[str, Callable[[], object]]:
    return {
        "raw": lambda: frame(ANSWER),
        "websockets": lambda: Frame(Opcode.TEXT, ANSWER).serialize(mask=False),
    }
