"""One upstream event, in process: what a hub costs beside a hand-written FastAPI endpoint and beside a bare ASGI app.

    python benchmarks/upstream.py

Every contender answers the same signed `POST` with a completion; the repetitions are interleaved, so that a noisy
machine disturbs all alike. Read the ratios, not the microseconds.
"""

import asyncio
import hashlib
import hmac
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.signature import sign_connection

KEY = "benchmark-benchmark-benchmark-32"
CONNECTION = "0f9c97a2f0bf4706afe87a14e0797b11"
BODY = b'{"type":1,"invocationId":"7","target":"sendMessage","arguments":["lobby",{"text":"hello"}]}'
HEADERS = {
    "content-type": "application/json",
    "content-length": str(len(BODY)),
    "x-asrs-connection-id": CONNECTION,
    "x-asrs-hub": "chat",
    "x-asrs-category": "messages",
    "x-asrs-event": "sendMessage",
    "x-asrs-signature": sign_connection(CONNECTION, [KEY]),
    "x-asrs-user-id": "ann",
    "x-asrs-user-claims": "role: admin, role: editor",
    "x-asrs-client-query": "?theme=dark",
}
ROUNDS, EVENTS = 15, 400


class Message(BaseModel):
    text: str


async def constant() -> int:
    return 1


class Chat(ServerlessHub):
    async def sendMessage(self, room: str, message: Message) -> int:  # noqa: N802 - the target's own name
        return len(room) + len(message.text)


class InjectingChat(ServerlessHub, hub="chat"):
    async def sendMessage(self, room: str, message: Message, *, one: Annotated[int, Depends(constant)]) -> int:  # noqa: N802 - the target's own name
        return len(room) + len(message.text) + one


class Event(BaseModel):
    type: int
    invocationId: str  # noqa: N815 - its name on the wire
    target: str
    arguments: tuple[str, Message]


async def verified(x_asrs_connection_id: Annotated[str, Header()], x_asrs_signature: Annotated[str, Header()]) -> str:
    expected = hmac.new(KEY.encode(), x_asrs_connection_id.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={expected}", x_asrs_signature):
        raise HTTPException(401)
    return x_asrs_connection_id


def by_hand() -> FastAPI:
    app = FastAPI()

    @app.post("/runtime/webhooks/signalr")
    async def endpoint(event: Event, connection: Annotated[str, Depends(verified)]) -> Response:
        del connection
        room, message = event.arguments
        body = f'{{"type":3,"invocationId":"{event.invocationId}","result":{len(room) + len(message.text)}}}\x1e'
        return Response(body, media_type="application/json")

    return app


def hub_app(hub: type[ServerlessHub]) -> FastAPI:
    app = FastAPI()
    HubRouter(hub, default_service=EmbeddedService(access_key=KEY)).install(app)
    return app


async def bare(scope: Any, receive: Any, send: Any) -> None:
    del scope
    await receive()
    body = b'{"type":3,"invocationId":"7","result":10}\x1e'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def post(app: Callable[[Any, Any, Any], Awaitable[None]]) -> bytes:
    answer = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal answer
        answer += message.get("body", b"")

    path = "/runtime/webhooks/signalr"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return answer


async def measure(contenders: dict[str, Callable[[Any, Any, Any], Awaitable[None]]]) -> dict[str, list[float]]:
    for name, app in contenders.items():
        answer = await post(app)
        if not answer.endswith(b"}\x1e"):
            raise SystemExit(f"{name} does not answer with a completion: {answer!r}")
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, app in contenders.items():
            start = time.process_time()
            for _ in range(EVENTS):
                await post(app)
            seconds[name].append((time.process_time() - start) / EVENTS)
    return seconds


async def main() -> None:
    contenders: dict[str, Any] = {
        "bare ASGI app (the limit)": bare,
        "hub method": hub_app(Chat),
        "hub method with Depends": hub_app(InjectingChat),
        "FastAPI endpoint by hand": by_hand(),
    }
    async with AsyncExitStack() as stack:
        for app in contenders.values():
            if isinstance(app, FastAPI):
                await stack.enter_async_context(app.router.lifespan_context(app))
        seconds = await measure(contenders)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    reference = medians["FastAPI endpoint by hand"]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("fastapi", "pydantic", "msgspec", "orjson"))
    print(f"Python {platform.python_version()}, {libraries}; CPU time, median of {ROUNDS} rounds of {EVENTS} events\n")
    print(f"{'':28}{'µs/event':>10}{'range':>18}{'times by hand':>15}")
    for name, median in medians.items():
        low, high = min(seconds[name]) * 1e6, max(seconds[name]) * 1e6
        print(f"{name:28}{median * 1e6:10.1f}{f'{low:.0f} to {high:.0f}':>18}{reference / median:15.1f}")


if __name__ == "__main__":
    asyncio.run(main())
