"""Any bytes over each transport, request by request: a message or a documented end, and nothing is left behind."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.messages import Close
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.fuzz.seeds import SEEDS
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock, settle
from tests.support.scripted_app import ScriptedApp

KEY = "an-access-key-of-some-length"
_HANDSHAKES = [b'{"protocol":"%s","version":1}\x1e' % name for name in (b"json", b"messagepack")]
_SEEDS = [seed for name in ("handshake", "json_protocol", "messagepack_protocol") for seed in SEEDS[name]]
chunk = st.sampled_from(_HANDSHAKES) | st.binary(max_size=60) | st.sampled_from(_SEEDS)


def _join(opening: list[bytes], rest: list[bytes]) -> list[bytes]:
    return [*opening, *rest]


_openings: list[list[bytes]] = [[], *([each] for each in _HANDSHAKES)]
anything = st.builds(_join, st.sampled_from(_openings), st.lists(chunk, max_size=5))
"""What a client sends, with a good handshake first or not."""


class Request:
    """One request of a client, in memory."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.sent: list[dict[str, Any]] = []
        """What the service has answered."""
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for message in messages:
            self.say(message)

    def say(self, message: dict[str, Any]) -> None:
        self._messages.put_nowait(message)

    async def receive(self) -> dict[str, Any]:
        return await self._messages.get()

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


class Peer:
    """A client that has a token, and the service."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.app = ScriptedApp()
        self.service = SignalRService([KEY], ServiceSettings(), self.clock, CorsPolicy())
        self.service.default_upstream = self.app
        self._bearer = client_token(KEY, now=self.clock.time()).encode()
        self._query = b"hub=chat"

    def scope(self, method: str = "GET", accept: bytes = b"*/*") -> dict[str, Any]:
        headers = [(b"authorization", b"Bearer " + self._bearer), (b"accept", accept)]
        return {"type": "http", "method": method, "path": "/client/", "headers": headers, "query_string": self._query}

    async def negotiate(self) -> None:
        request = Request()
        self._query = b"hub=chat&negotiateVersion=1"
        await self.service.negotiate(self.scope("POST"), request.receive, request.send)
        self._query = b"hub=chat&id=" + json.loads(request.body)["connectionToken"].encode()

    async def post(self, data: bytes) -> None:
        """Send `data` in two pieces; the service takes it, or has closed the connection."""
        half = len(data) // 2
        request = Request(
            {"type": "http.request", "body": data[:half], "more_body": True},
            {"type": "http.request", "body": data[half:], "more_body": False},
        )
        await self.service.client(self.scope("POST"), request.receive, request.send)
        assert request.status in {200, 404}
        assert request.body == b""

    async def poll(self) -> Request:
        """Ask once; where nothing comes, time passes."""
        request = Request({"type": "http.request"})
        asking = asyncio.create_task(self.service.client(self.scope(), request.receive, request.send))
        await settle()
        if not asking.done():
            await self.clock.advance(90)
        await asking
        assert request.status in {200, 204, 404}
        return request


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@asynccontextmanager
async def peer() -> AsyncGenerator[Peer]:
    """Yield a client that has negotiated; in the end there is nothing in the log as an error, no task and no client."""
    handler = _Errors(logging.ERROR)
    logging.getLogger("serverless_hub").addHandler(handler)
    before = asyncio.all_tasks()
    try:
        async with asyncio.timeout(10):
            one = Peer()
            await one.negotiate()
            yield one
            await one.clock.advance(120)  # A handshake that never comes, and a client that stays away, are over.
            await one.service.stop()
            await settle()
    finally:
        logging.getLogger("serverless_hub").removeHandler(handler)
    assert handler.seen == []
    assert asyncio.all_tasks() == before
    assert len(one.service.hub("chat").registry) == 0
    assert one.app.events.count("connected") == one.app.events.count("disconnected") <= 1


def check(heard: bytes, sent: Sequence[bytes]) -> None:
    """Check that all that a client has heard is SignalR: an answer to its handshake, then messages in its protocol."""
    answer, separator, rest = heard.partition(b"\x1e")
    if not separator:
        assert heard == b""
        return
    said = json.loads(answer)
    assert said == {} or (isinstance(said["error"], str) and rest == b""), said
    if said:
        return
    protocol: HubProtocol = MESSAGEPACK if b"messagepack" in b"".join(sent).partition(b"\x1e")[0] else JSON
    messages = [protocol.decode(payload) for payload in protocol.splitter(1 << 24).feed(rest)]
    reasons = {message.error for message in messages if isinstance(message, Close)}
    assert reasons <= {
        "The client sent an invalid message.",
        "The client has been silent for too long.",
        "The service stopped.",
    }


@given(sent=anything, binary=st.lists(st.booleans(), min_size=8, max_size=8))
@pytest.mark.requirement("service.input.any-bytes")
def test_any_frames_of_a_websocket(sent: list[bytes], binary: list[bool]) -> None:
    async def live() -> None:
        async with peer() as one:
            request = Request({"type": "websocket.connect"})
            scope = one.scope() | {"type": "websocket"}
            serving = asyncio.create_task(one.service.connect(scope, request.receive, request.send))
            for data, is_binary in zip(sent, binary, strict=False):
                frame = {"bytes": data} if is_binary else {"text": data.decode("utf-8", "replace")}
                request.say({"type": "websocket.receive", **frame})
                await settle()
            request.say({"type": "websocket.disconnect", "code": 1006})
            await serving
            frames = [message for message in request.sent if message["type"] == "websocket.send"]
            heard = b"".join(frame.get("bytes") or frame["text"].encode() for frame in frames)
            check(
                heard,
                [
                    frame if bit else frame.decode("utf-8", "replace").encode()
                    for frame, bit in zip(sent, binary, strict=False)
                ],
            )

    asyncio.run(live())


@given(sent=anything)
@pytest.mark.requirement("service.input.any-bytes")
def test_any_posts_beside_an_event_stream(sent: list[bytes]) -> None:
    async def live() -> None:
        async with peer() as one:
            request = Request({"type": "http.request"})
            scope = one.scope(accept=b"text/event-stream")
            serving = asyncio.create_task(one.service.client(scope, request.receive, request.send))
            await settle()
            for data in sent:
                await one.post(data)
                await settle()
            request.say({"type": "http.disconnect"})
            await settle()
            await one.clock.advance(5)
            await serving
            assert request.status == 200
            events = request.body.removeprefix(b":\r\n").split(b"\r\n\r\n")
            lines = [line for event in events for line in event.split(b"\r\n") if line]
            assert all(line.startswith(b"data: ") for line in lines)
            check(b"\n".join(line.removeprefix(b"data: ") for line in lines), sent)

    asyncio.run(live())


@given(sent=anything)
@pytest.mark.requirement("service.input.any-bytes")
def test_any_posts_between_polls(sent: list[bytes]) -> None:
    async def live() -> None:
        async with peer() as one:
            heard = (await one.poll()).body
            for data in sent:
                await one.post(data)
                heard += (await one.poll()).body
            check(heard, sent)

    asyncio.run(live())
