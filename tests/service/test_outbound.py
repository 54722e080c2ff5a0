import asyncio

import pytest

from serverless_hub.service.outbound import Outbound
from tests.support.clock import settle

_FRAME = 16 * 1024


class Line:
    """Takes frames one at a time, each when it is told to."""

    def __init__(self, max_bytes: int = 1 << 20) -> None:
        self.overflows = 0
        self.frames: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.outbound = Outbound(max_bytes, self._count)

    def _count(self) -> None:
        self.overflows += 1

    async def send(self, frame: bytes) -> None:
        await self.open.wait()
        self.frames.append(frame)


@pytest.mark.requirement("transports.ws.whole")
async def test_messages_arrive_in_order_and_what_waits_is_joined_into_one_frame() -> None:
    line = Line()
    for message in (b"a", b"b", b"c"):
        line.outbound.push(message)
    line.outbound.finish()
    await line.outbound.drain(line.send)
    assert line.frames == [b"abc"]


@pytest.mark.requirement("transports.ws.whole")
async def test_a_message_is_never_split_and_frames_stay_below_their_size_where_messages_do() -> None:
    line = Line()
    messages = [b"x" * 10_000, b"y" * 6_000, b"z" * 1_000, b"w" * 40_000, b"v"]
    for message in messages:
        line.outbound.push(message)
    line.outbound.finish()
    await line.outbound.drain(line.send)
    assert line.frames == [messages[0] + messages[1], messages[2], messages[3], messages[4]]
    assert [len(frame) <= _FRAME for frame in line.frames] == [True, True, False, True]


async def test_what_comes_later_is_sent_when_it_comes() -> None:
    line = Line()
    drain = asyncio.create_task(line.outbound.drain(line.send))
    await settle()
    line.outbound.push(b"a")
    await settle()
    assert line.frames == [b"a"]
    line.outbound.push(b"b")
    line.outbound.finish()
    await drain
    assert line.frames == [b"a", b"b"]


async def test_nothing_is_taken_after_the_end() -> None:
    line = Line()
    line.outbound.finish()
    line.outbound.push(b"late")
    await line.outbound.drain(line.send)
    assert line.frames == []


async def test_a_reader_that_is_too_slow_is_told_of_once_and_what_waits_is_dropped() -> None:
    line = Line(max_bytes=10)
    line.open.clear()
    drain = asyncio.create_task(line.outbound.drain(line.send))
    line.outbound.push(b"12345")
    await settle()
    line.outbound.push(b"67890")
    assert line.overflows == 0
    line.outbound.push(b"!")
    line.outbound.push(b"?")
    assert line.overflows == 1
    line.open.set()
    await drain
    assert line.frames == [b"12345"]


async def test_what_is_being_sent_counts_until_it_is_sent() -> None:
    line = Line(max_bytes=10)
    drain = asyncio.create_task(line.outbound.drain(line.send))
    for _ in range(100):
        line.outbound.push(b"1234567890")
        await settle()
    line.outbound.finish()
    await drain
    assert line.overflows == 0
    assert len(line.frames) == 100


async def test_a_single_message_may_be_larger_than_the_limit_when_nothing_waits() -> None:
    line = Line(max_bytes=10)
    line.outbound.push(b"x" * 50)
    line.outbound.finish()
    await line.outbound.drain(line.send)
    assert line.overflows == 0
    assert line.frames == [b"x" * 50]


async def test_more_than_may_wait_is_sent_at_once_to_a_client_that_has_taken_all_so_far() -> None:
    line = Line(max_bytes=10)
    drain = asyncio.create_task(line.outbound.drain(line.send))
    await settle()
    for message in (b"123456", b"abcdef", b"ABCDEF"):
        line.outbound.push(message)
    line.outbound.finish()
    await drain
    assert b"".join(line.frames) == b"123456abcdefABCDEF"
    assert not line.overflows


async def test_what_comes_behind_more_than_may_wait_has_to_wait_for_the_client() -> None:
    line = Line(max_bytes=10)
    line.open.clear()
    drain = asyncio.create_task(line.outbound.drain(line.send))
    await settle()
    line.outbound.push(b"123456")
    line.outbound.push(b"abcdef")
    await settle()
    line.outbound.push(b"ABCDEF")
    assert line.overflows == 1
    line.open.set()
    await drain
