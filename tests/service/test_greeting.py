import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.service.greeting import Greeting, greet
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine

SETTINGS = ServiceSettings(handshake_timeout=15)
GOOD = b'{"protocol":"json","version":1}\x1e'


async def greeted(*frames: bytes | None) -> tuple[Greeting | None, FakeLine]:
    line = FakeLine()
    for frame in frames:
        line.leave() if frame is None else line.say(frame)
    return await greet(line, ManualClock(), SETTINGS), line


async def test_a_good_request_is_left_for_the_caller_to_answer() -> None:
    greeting, line = await greeted(GOOD)
    assert greeting == Greeting(JSON, b"")
    assert line.sent == []
    assert not line.closed


@pytest.mark.requirement("handshake.glued")
async def test_what_is_glued_behind_the_request_is_kept() -> None:
    greeting, _ = await greeted(b'{"protocol":"messagepack","version":1}\x1e\x02\x91\x06')
    assert greeting == Greeting(MESSAGEPACK, b"\x02\x91\x06")


@pytest.mark.requirement("handshake.versions")
@pytest.mark.parametrize("version", [0, 1, 2])
async def test_the_version_is_told(version: int) -> None:
    greeting, _ = await greeted(f'{{"protocol":"json","version":{version}}}\x1e'.encode())
    assert greeting == Greeting(JSON, b"", version)


async def test_the_request_may_come_byte_by_byte_and_in_empty_frames() -> None:
    greeting, _ = await greeted(b"", *(GOOD[index : index + 1] for index in range(len(GOOD))))
    assert greeting == Greeting(JSON, b"")


@pytest.mark.requirement("handshake.glued")
@given(cuts=st.sets(st.integers(1, len(GOOD) + 3)))
async def test_it_does_not_matter_where_frames_end(cuts: set[int]) -> None:
    data = GOOD + b"rest"
    places = [0, *sorted(cuts), len(data)]
    frames = [data[begin:end] for begin, end in pairwise(places)]
    greeting, line = await greeted(*frames)
    assert greeting is not None
    assert greeting.rest + b"".join(line.receive_now()) == b"rest"


@pytest.mark.requirement("handshake.garbage")
@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (b"GET / HTTP/1.1\x1e", "not a handshake request"),
        (b"\x1e", "not a handshake request"),
        (b"\xff\xfe\x1e", "not a handshake request"),
        (b'{"type":6}\x1e', "not a handshake request"),
        (b'{"protocol":"xml","version":1}\x1e', "The protocol 'xml' is not supported."),
        (b'{"protocol":"json","version":3}\x1e', "The server does not support version 3 of the 'json' protocol."),
    ],
)
async def test_a_bad_request_is_answered_with_its_error_and_the_line_closed(
    request_: bytes, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    greeting, line = await greeted(request_)
    assert greeting is None
    assert line.heard.startswith(b'{"error":"')
    assert error.encode() in line.heard
    assert line.sent[0][1] is False
    assert line.closed
    (record,) = caplog.records
    assert error in record.getMessage()


@pytest.mark.requirement("handshake.size")
@pytest.mark.parametrize(
    "frames",
    [[b" " * 5000], [b" " * 3000, b" " * 3000], [b" " * 5000 + GOOD], [b" " * 4000, b" " * 1000 + GOOD]],
    ids=["no end", "no end in two frames", "a late end", "a late end in two frames"],
)
async def test_a_request_that_is_too_long_is_refused_however_it_arrives(frames: list[bytes]) -> None:
    greeting, line = await greeted(*frames)
    assert greeting is None
    assert line.heard == b'{"error":"The handshake request is too long."}\x1e'
    assert line.closed


async def test_much_may_be_glued_behind_a_short_request() -> None:
    greeting, _ = await greeted(GOOD + b"x" * 100_000)
    assert greeting == Greeting(JSON, b"x" * 100_000)


@pytest.mark.requirement("handshake.timeout")
@pytest.mark.parametrize("said", [[], [GOOD[:10]]])
async def test_a_client_that_takes_too_long_is_told_and_closed(
    said: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    line, clock = FakeLine(), ManualClock()
    for frame in said:
        line.say(frame)
    task = asyncio.create_task(greet(line, clock, SETTINGS))
    await settle()
    await clock.advance(14.9)
    assert not task.done()
    await clock.advance(0.1)
    assert await task is None
    assert line.heard == b'{"error":"Handshake was canceled."}\x1e'
    assert line.closed
    assert len(caplog.records) == 1


async def test_a_client_that_leaves_first_is_nobody(caplog: pytest.LogCaptureFixture) -> None:
    greeting, line = await greeted(GOOD[:10], None)
    assert greeting is None
    assert line.sent == []
    assert caplog.records == []


async def test_a_client_that_is_gone_before_it_is_refused_does_no_harm() -> None:
    line = FakeLine()
    line.breakage = ConnectionError("gone")
    line.say(b"nonsense\x1e")
    assert await greet(line, ManualClock(), SETTINGS) is None
    assert line.closed


@pytest.mark.requirement("handshake.errors")
async def test_a_transport_of_text_speaks_no_binary_protocol() -> None:
    line = FakeLine()
    line.say(b'{"protocol":"messagepack","version":1}\x1e')
    assert await greet(line, ManualClock(), SETTINGS, takes_binary=False) is None
    assert b"Cannot use the 'messagepack' protocol on the current transport." in line.heard
    assert line.closed


@pytest.mark.requirement("handshake.timeout")
async def test_a_token_may_change_how_long_the_handshake_takes() -> None:
    line, clock = FakeLine(), ManualClock()
    task = asyncio.create_task(greet(line, clock, SETTINGS, timeout=30))
    await settle()
    await clock.advance(29.9)
    assert not task.done()
    await clock.advance(0.1)
    assert await task is None


async def test_a_client_that_does_not_read_why_it_is_refused_is_not_waited_for() -> None:
    line, clock = FakeLine(), ManualClock()
    line.stop_reading()
    line.say(b"nonsense\x1e")
    task = asyncio.create_task(greet(line, clock, SETTINGS))
    await settle()
    assert not task.done()
    await clock.advance(SETTINGS.close_timeout)
    assert await task is None
