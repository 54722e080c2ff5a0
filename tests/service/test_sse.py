"""Server-Sent Events: their form, and a stream's life, without a network."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.service.asgi import Message
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.sse import EventStream, event_of
from tests.support.clock import ManualClock, settle


def read_events(stream: bytes) -> list[str]:
    """Read a stream as browsers do (HTML standard, 9.2.6)."""
    events: list[str] = []
    data: list[str] = []
    for line in re.split("\r\n|\r|\n", stream.decode())[:-1]:
        if not line:
            if data:
                events.append("\n".join(data))
            data = []
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        else:
            assert line.startswith(":")
    return events


texts = st.text(st.characters(codec="utf-8") | st.sampled_from("\r\n:\x1e\0\u2028 "))


@given(payloads=st.lists(texts))
def test_what_is_sent_is_what_browsers_read_but_for_the_kind_of_line_ends(payloads: list[str]) -> None:
    stream = b":\r\n" + b"".join(event_of(payload.encode()) for payload in payloads)
    assert read_events(stream) == [re.sub("\r\n|\r", "\n", payload) for payload in payloads]


@pytest.mark.requirement("transports.sse.framing")
@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (b'{"type":6}\x1e', b'data: {"type":6}\x1e\r\n\r\n'),
        (b"a\nb\r\nc\rd", b"data: a\r\ndata: b\r\ndata: c\r\ndata: d\r\n\r\n"),
        (b"", b"data: \r\n\r\n"),
    ],
)
def test_every_line_of_a_payload_has_a_field_of_its_own(payload: bytes, event: bytes) -> None:
    assert event_of(payload) == event


class Request:
    """A request for a stream, as its server sees it."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.breakage: Exception | None = None
        self.left = asyncio.Event()
        self.clock = ManualClock()
        self.inbound = Inbound(1024)
        self.stream = EventStream(self.inbound, self._send, self.clock)
        self.reads = asyncio.Event()
        self.reads.set()
        self._asked = False

    def begin(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.stream.serve(self._receive, [(b"vary", b"Origin")]))

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def complete(self) -> bool:
        return self.sent[-1].get("more_body") is False

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b""}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        if self.breakage is not None:
            raise self.breakage
        self.sent.append(message)


@pytest.mark.requirement("transports.sse.framing", "transports.sse.headers")
async def test_a_stream_begins_at_once_with_a_comment_and_headers_that_let_nobody_hold_it_back() -> None:
    request = Request()
    task = request.begin()
    await settle()
    headers: dict[bytes, bytes] = dict(request.sent[0]["headers"])
    assert request.sent[0]["status"] == 200
    assert headers == {
        b"content-type": b"text/event-stream",
        b"cache-control": b"no-cache, no-store",
        b"pragma": b"no-cache",
        b"content-encoding": b"identity",
        b"x-accel-buffering": b"no",
        b"vary": b"Origin",
    }
    assert request.sent[1:] == [{"type": "http.response.body", "body": b":\r\n", "more_body": True}]
    await request.stream.close()
    await task


async def test_messages_are_events_and_closing_ends_the_response_once() -> None:
    request = Request()
    task = request.begin()
    await settle()
    assert not request.stream.over
    await request.stream.send(b"{}\x1e", binary=False)
    await request.stream.close()
    await request.stream.close()
    await task
    assert request.body == b":\r\ndata: {}\x1e\r\n\r\n"
    assert request.complete
    assert len(request.sent) == 4
    assert request.stream.over


async def test_nothing_is_read_before_the_stream_is_open() -> None:
    request = Request()
    request.reads.clear()
    await request.inbound.put(b"early")
    task = request.begin()
    reading = asyncio.create_task(request.stream.receive())
    await settle()
    assert not reading.done()
    request.reads.set()
    assert await reading == b"early"
    await request.stream.close()
    await task


async def test_what_a_client_posts_just_after_its_stream_has_ended_is_read() -> None:
    request = Request()
    task = request.begin()
    await settle()
    request.left.set()
    await settle()
    await request.clock.advance(0.9)
    assert await request.inbound.put(b"bye")
    assert await request.stream.receive() == b"bye"
    assert not task.done()
    await request.stream.close()
    await task


async def test_a_client_that_says_nothing_after_its_stream_has_ended_is_lost() -> None:
    request = Request()
    task = request.begin()
    await settle()
    request.left.set()
    await settle()
    await request.clock.advance(1)
    await task
    assert await request.stream.receive() is None
    assert request.stream.loss == "The connection was lost."


async def test_a_client_that_is_gone_before_its_stream_begins_is_lost() -> None:
    request = Request()
    request.breakage = ConnectionError("gone")
    task = request.begin()
    await settle()
    await request.clock.advance(1)
    await task
    assert await request.stream.receive() is None


@pytest.mark.parametrize("failure", [ConnectionError("gone"), RuntimeError("already closed")])
async def test_sending_to_a_client_that_is_gone_is_an_os_error_whatever_the_server_raises(failure: Exception) -> None:
    request = Request()
    request.breakage = failure
    with pytest.raises(OSError, match=str(failure)):
        await request.stream.send(b"x", binary=False)
    await request.stream.close()
    assert request.stream.over


async def test_a_stream_that_nobody_serves_any_more_is_ended() -> None:
    request = Request()
    task = request.begin()
    await settle()
    request.inbound.end("The service stopped.")
    request.stream.abandon()
    await task
    assert request.complete
    assert request.stream.loss == "The service stopped."


async def test_a_request_that_is_cancelled_ends_the_connection() -> None:
    request = Request()
    task = request.begin()
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await request.stream.receive() is None
    assert request.stream.loss == "The service stopped."


async def test_a_close_that_its_client_does_not_read_lets_the_request_end() -> None:
    request = Request()
    task = request.begin()
    await settle()
    request.reads.clear()
    closing: asyncio.Task[Any] = asyncio.create_task(request.stream.close())
    await settle()
    closing.cancel()
    await asyncio.wait([closing])
    await task
    assert not request.complete
