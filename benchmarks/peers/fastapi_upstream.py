"""The same upstream event as idiomatic FastAPI: headers and body as parameters, signature and claims as dependencies.

`with_async` and `with_sync` differ in the dependencies only: `async def` or `def`.
"""

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

__all__ = ["with_async", "with_sync", "without_hub"]

_KEYS = (b"benchmark-benchmark-benchmark-32",)


class _Message(BaseModel):
    text: str


class _Event(BaseModel):
    type: int
    invocationId: str  # noqa: N815 - its name on the wire
    target: str
    arguments: tuple[str, _Message]


class _Completion(BaseModel):
    type: int = 3
    invocationId: str  # noqa: N815 - its name on the wire
    result: int


def _check(connection_id: str, signature: str) -> str:
    for key in _KEYS:
        expected = "sha256=" + hmac.new(key, connection_id.encode(), hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(expected, given) for given in signature.split(",")):
            return connection_id
    raise HTTPException(401)


def _read_claims(text: str) -> dict[str, list[str]]:
    claims: dict[str, list[str]] = {}
    for item in text.split(", "):
        name, _, value = item.partition(": ")
        claims.setdefault(name, []).append(value)
    return claims


def _complete(event: _Event) -> Response:
    room, message = event.arguments
    done = _Completion(invocationId=event.invocationId, result=len(room) + len(message.text))
    return Response(done.model_dump_json() + "\x1e", media_type="application/json")


with_async = FastAPI()


async def _verified(x_asrs_connection_id: Annotated[str, Header()], x_asrs_signature: Annotated[str, Header()]) -> str:
    return _check(x_asrs_connection_id, x_asrs_signature)


async def _claims(x_asrs_user_claims: Annotated[str, Header()] = "") -> dict[str, list[str]]:
    return _read_claims(x_asrs_user_claims)


@with_async.post("/runtime/webhooks/signalr")
async def _async_endpoint(
    event: _Event,
    connection: Annotated[str, Depends(_verified)],  # noqa: ARG001 - as a method has it
    claims: Annotated[dict[str, list[str]], Depends(_claims)],  # noqa: ARG001 - as a method has it
    x_asrs_user_id: Annotated[str | None, Header()] = None,  # noqa: ARG001 - as a method has it
    x_asrs_client_query: Annotated[str, Header()] = "",  # noqa: ARG001 - as a method has it
) -> Response:
    return _complete(event)


with_sync = FastAPI()


def _sync_verified(x_asrs_connection_id: Annotated[str, Header()], x_asrs_signature: Annotated[str, Header()]) -> str:
    return _check(x_asrs_connection_id, x_asrs_signature)


def _sync_claims(x_asrs_user_claims: Annotated[str, Header()] = "") -> dict[str, list[str]]:
    return _read_claims(x_asrs_user_claims)


@with_sync.post("/runtime/webhooks/signalr")
async def _sync_endpoint(
    event: _Event,
    connection: Annotated[str, Depends(_sync_verified)],  # noqa: ARG001 - as a method has it
    claims: Annotated[dict[str, list[str]], Depends(_sync_claims)],  # noqa: ARG001 - as a method has it
    x_asrs_user_id: Annotated[str | None, Header()] = None,  # noqa: ARG001 - as a method has it
    x_asrs_client_query: Annotated[str, Header()] = "",  # noqa: ARG001 - as a method has it
) -> Response:
    return _complete(event)


without_hub = FastAPI()


@without_hub.get("/other")
async def _other() -> dict[str, str]:
    return {"hello": "world"}
