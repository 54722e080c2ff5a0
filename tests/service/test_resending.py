"""What a stateful client is sent, without a session around it."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Sequence
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.resending import ResendingOutbound
from tests.support.clock import ManualClock, settle


class Line:
    """Readers that come one after the other; each stops only when it is told to."""

    def __init__(self, max_bytes: int = 1 << 20, max_kept: int = 100) -> None:
        self.overflows = 0
        self.stalls = 0
        self.clock = ManualClock()
        self.outbound = ResendingOutbound(
            JSON, max_bytes, self._overflow, max_kept=max_kept, stalled=Deadline(self.clock, 30, self._stall)
        )
        self.frames: list[bytes] = []
        self.reader: asyncio.Task[None] | None = None

    def _overflow(self) -> None:
        self.overflows += 1

    def _stall(self) -> None:
        self.stalls += 1

    async def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    async def read(self, *, again: bool = False) -> bytes:
        """Have a reader, another one `again`, and return what it gets."""
        if again:
            await self.cut()
            self.outbound.resume()
        if self.reader is None:
            self.reader = asyncio.create_task(self.outbound.drain(self.send))
        await settle()
        frames, self.frames = self.frames, []
        return b"".join(frames)

    async def cut(self) -> None:
        if self.reader is not None:
            self.reader.cancel()
            await asyncio.wait([self.reader])
            self.reader = None


def sequence(number: int) -> bytes:
    return JSON.encode(Sequence(number))


async def test_what_has_not_been_acknowledged_is_sent_again_behind_its_number() -> None:
    line = Line()
    line.outbound.release()
    for message in (b"1", b"2", b"3"):
        line.outbound.push(message)
    assert await line.read() == b"123"
    line.outbound.acknowledge(1)
    assert await line.read(again=True) == sequence(2) + b"23"
    line.outbound.push(b"4")
    assert await line.read() == b"4"
    line.outbound.acknowledge(4)
    assert await line.read(again=True) == sequence(5)
    await line.cut()


async def test_what_was_queued_without_a_reader_goes_out_behind_what_is_sent_again() -> None:
    line = Line()
    line.outbound.release()
    line.outbound.push(b"1")
    await line.read()
    await line.cut()
    line.outbound.push(b"2")
    assert await line.read(again=True) == sequence(1) + b"12"
    await line.cut()


async def test_a_frame_that_was_being_sent_when_the_line_broke_is_sent_again() -> None:
    line = Line()
    line.outbound.release()

    async def send(frame: bytes) -> None:
        await asyncio.Event().wait()

    line.outbound.push(b"1")
    reader = asyncio.create_task(line.outbound.drain(send))
    await settle()
    reader.cancel()
    assert await line.read(again=True) == sequence(1) + b"1"
    await line.cut()


async def test_nothing_but_urgent_messages_is_sent_before_the_release() -> None:
    line = Line()
    line.outbound.push(b"1")
    line.outbound.urge(b"!")
    assert await line.read() == b"!"
    line.outbound.release()
    assert await line.read() == b"1"
    await line.cut()


@pytest.mark.requirement("stateful.backpressure")
async def test_beyond_its_bytes_messages_wait_for_an_acknowledgement_and_urgent_ones_do_not() -> None:
    line = Line(max_kept=10)
    line.outbound.release()
    for number in range(5):
        line.outbound.push(str(number).encode() * 6)
    assert await line.read() == b"000000111111"
    line.outbound.urge(b"!")
    assert await line.read() == b"!"
    line.outbound.acknowledge(1)
    assert await line.read() == b"222222"
    line.outbound.acknowledge(3)
    assert await line.read() == b"333333444444"
    await line.cut()


async def test_a_message_of_any_size_is_sent_while_there_is_room_for_one_byte() -> None:
    line = Line(max_kept=10)
    line.outbound.release()
    line.outbound.push(b"x" * 10)
    line.outbound.push(b"y" * 1000)
    assert await line.read() == b"x" * 10 + b"y" * 1000
    await line.cut()


async def test_a_client_that_stops_acknowledging_is_noticed_and_one_that_is_slow_is_not() -> None:
    line = Line(max_kept=10)
    line.outbound.release()
    for _ in range(4):
        line.outbound.push(b"x" * 20)
    await line.read()
    await line.clock.advance(29)
    line.outbound.acknowledge(1)
    await line.read()
    line.outbound.acknowledge(1)  # says nothing new
    line.outbound.urge(b"!")
    await line.read()
    await line.clock.advance(29)
    assert line.stalls == 0
    await line.clock.advance(1)
    assert line.stalls == 1
    await line.cut()


async def test_a_client_with_nothing_to_wait_for_may_leave_the_last_messages_unacknowledged() -> None:
    line = Line(max_kept=10)
    line.outbound.release()
    line.outbound.push(b"x" * 20)
    await line.read()
    await line.clock.advance(3600)
    assert line.stalls == 0
    await line.cut()


async def test_what_waits_is_bounded_and_what_is_kept_does_not_count() -> None:
    line = Line(max_bytes=30, max_kept=10)
    line.outbound.release()
    for _ in range(3):
        line.outbound.push(b"x" * 20)
        await line.read()
    assert line.overflows == 1
    await line.cut()


async def test_the_end_sends_everything_whether_or_not_there_is_room() -> None:
    line = Line(max_kept=10)
    for number in range(3):
        line.outbound.push(str(number).encode() * 20)
    line.outbound.finish(b"bye")
    line.outbound.push(b"late")
    line.outbound.urge(b"late")
    assert await line.read() == b"0" * 20 + b"1" * 20 + b"2" * 20 + b"bye"
    assert line.reader is not None
    assert line.reader.done()


@pytest.mark.parametrize("number", [2, 3, 1 << 70])
async def test_acknowledging_what_was_not_sent_is_an_error(number: int) -> None:
    line = Line()
    line.outbound.release()
    line.outbound.push(b"1")
    await line.read()
    with pytest.raises(ProtocolError, match="it was not sent"):
        line.outbound.acknowledge(number)
    await line.cut()


async def test_acknowledging_again_or_nothing_changes_nothing() -> None:
    line = Line()
    line.outbound.release()
    for message in (b"1", b"2"):
        line.outbound.push(message)
    await line.read()
    for number in (0, 1, 1, 0, -5):
        line.outbound.acknowledge(number)
    assert await line.read(again=True) == sequence(2) + b"2"
    await line.cut()


async def test_an_acknowledgement_from_before_what_was_sent_again_arrived_does_not_take_the_client_out_of_step() -> (
    None
):
    """A client that got 1 to 3 and the Sequence 1 expects 1: told that 4 is next, it would end the connection."""
    line = Line()
    line.outbound.release()
    for message in (b"1", b"2", b"3"):
        line.outbound.push(message)
    await line.read()
    await line.read(again=True)
    line.outbound.acknowledge(3)
    assert await line.read(again=True) == sequence(1) + b"123"
    line.outbound.push(b"4")
    await line.read()
    line.outbound.acknowledge(4)  # It can have got that over this line only, behind the others.
    assert await line.read(again=True) == sequence(5)
    await line.cut()


async def test_what_was_acknowledged_early_makes_room_though_it_is_kept() -> None:
    line = Line(max_kept=10)
    line.outbound.release()
    line.outbound.push(b"x" * 20)
    await line.read()
    await line.read(again=True)
    line.outbound.push(b"y")
    assert await line.read() == b""
    line.outbound.acknowledge(1)
    assert await line.read() == b"y"
    await line.cut()


class Peer:
    """A client as the JavaScript one counts (`MessageBuffer.ts`), and what is on its way to it."""

    def __init__(self) -> None:
        self.line = Line(max_kept=150)
        self.line.outbound.release()
        self.arriving: list[bytes] = []
        self.pushed = 0
        self.taken: list[int] = []
        self.next = 1
        self.latest = 0

    def push(self) -> None:
        item: Any = {"type": 2, "invocationId": "s", "item": self.pushed}
        self.line.outbound.push(JSON.encode_value(item) + b"\x1e")
        self.pushed += 1

    def acknowledge(self) -> None:
        self.line.outbound.acknowledge(self.latest)

    async def read(self, *, again: bool = False) -> None:
        records = await self.line.read(again=again)
        self.arriving += JSON.splitter(1 << 20).feed(records)

    async def come_back(self, arrives: int) -> None:
        """Lose the line, and with it all that is on its way but so many messages."""
        self.hear(arrives)
        self.arriving.clear()
        await self.read(again=True)

    def hear(self, count: int) -> None:
        for record in self.arriving[:count]:
            message = JSON.decode(record)
            if isinstance(message, Sequence):
                assert message.sequence_id <= self.next, "the client would end the connection"
                self.next = message.sequence_id
                continue
            if self.next > self.latest:
                self.latest = self.next
                self.taken.append(int(JSON.decode_value(record)["item"]))
            self.next += 1
        del self.arriving[:count]


@pytest.mark.requirement("stateful.once")
@given(steps=st.lists(st.sampled_from(["push", "hear", "ack", 0, 1, 2, 5]), max_size=60))
async def test_a_client_takes_each_message_once_whenever_the_line_breaks(steps: list[str | int]) -> None:
    peer = Peer()
    for step in steps:
        match step:
            case "push":
                peer.push()
            case "hear":
                peer.hear(1)
            case "ack":
                peer.acknowledge()
            case int():
                await peer.come_back(step)
            case _:
                raise NotImplementedError
        await peer.read()
    while len(peer.taken) < peer.pushed:
        await peer.read()
        assert peer.arriving
        peer.hear(len(peer.arriving))
        peer.acknowledge()
    await peer.line.cut()
    assert peer.taken == list(range(peer.pushed))
