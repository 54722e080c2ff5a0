"""Long polling: who gets what when, without a network."""

import asyncio

import pytest

from serverless_hub.service.asgi import Message
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.long_polling import LongPolling
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle

SETTINGS = ServiceSettings(poll_timeout=90, disconnect_timeout=15)


class Poll:
    """One poll, as its server sees it."""

    def __init__(self, polls: LongPolling) -> None:
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.breakage: Exception | None = None
        self.leaves_after_start = False
        self.reads = asyncio.Event()
        self.reads.set()
        self.task = asyncio.create_task(polls.poll(self._receive, self._send, [(b"vary", b"Origin")]))

    @property
    def answer(self) -> tuple[int, bytes] | None:
        """Status and body, None while there is none."""
        if len(self.sent) < 2:
            return None
        start, body = self.sent
        return start["status"], body["body"]

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        if self.breakage is not None:
            raise self.breakage
        self.sent.append(message)
        if self.leaves_after_start:
            self.left.set()
            await settle()


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.inbound = Inbound(1024)
        self.polls = LongPolling(self.inbound, SETTINGS, self.clock)

    async def poll(self) -> Poll:
        poll = Poll(self.polls)
        await settle()
        return poll

    async def send(self, *messages: bytes) -> None:
        for message in messages:
            await self.polls.send(message, binary=False)
        await settle()


async def opened() -> Bench:
    """Return one whose first poll has been answered."""
    bench = Bench()
    assert (await bench.poll()).answer == (200, b"")
    return bench


@pytest.mark.requirement("transports.lp.first-poll", "transports.lp.headers")
async def test_the_first_poll_is_answered_at_once_with_nothing_and_never_from_a_cache() -> None:
    poll = await Bench().poll()
    assert poll.answer == (200, b"")
    assert dict(poll.sent[0]["headers"]) == {
        b"cache-control": b"no-cache, no-store",
        b"pragma": b"no-cache",
        b"expires": b"Thu, 01 Jan 1970 00:00:00 GMT",
        b"vary": b"Origin",
        b"content-length": b"0",
    }


async def test_a_poll_waits_for_what_comes() -> None:
    bench = await opened()
    poll = await bench.poll()
    assert poll.answer is None
    await bench.send(b"one")
    assert poll.answer == (200, b"one")
    assert (b"content-type", b"application/octet-stream") in poll.sent[0]["headers"]
    assert (b"content-length", b"3") in poll.sent[0]["headers"]


async def test_all_that_came_between_two_polls_is_in_the_second() -> None:
    bench = await opened()
    await bench.send(b"one", b"two", b"three")
    assert (await bench.poll()).answer == (200, b"onetwothree")
    assert (await bench.poll()).answer is None


@pytest.mark.requirement("transports.lp.timeout")
async def test_a_poll_for_which_nothing_comes_is_answered_with_nothing_in_time() -> None:
    bench = await opened()
    poll = await bench.poll()
    await bench.clock.advance(89.9)
    assert poll.answer is None
    await bench.clock.advance(0.1)
    assert poll.answer == (200, b"")


@pytest.mark.requirement("transports.lp.replaced")
async def test_a_new_poll_ends_the_old_one_and_gets_what_comes() -> None:
    bench = await opened()
    old, new = await bench.poll(), await bench.poll()
    assert old.answer == (204, b"")
    assert (b"content-length", b"0") not in old.sent[0]["headers"]
    await bench.send(b"one")
    assert new.answer == (200, b"one")


async def test_a_poll_whose_client_has_gone_takes_nothing() -> None:
    bench = await opened()
    gone = await bench.poll()
    gone.left.set()
    await bench.send(b"one")
    assert gone.sent == []
    assert (await bench.poll()).answer == (200, b"one")


@pytest.mark.requirement("transports.lp.lost")
@pytest.mark.parametrize("failure", [ConnectionError("gone"), RuntimeError("already closed")])
async def test_what_could_not_be_answered_goes_to_the_next_poll(failure: Exception) -> None:
    bench = await opened()
    broken = await bench.poll()
    broken.breakage = failure
    await bench.send(b"one")
    assert broken.task.done()
    await bench.send(b"two")
    assert (await bench.poll()).answer == (200, b"onetwo")


@pytest.mark.requirement("transports.lp.replaced")
async def test_what_a_replaced_poll_had_begun_to_answer_is_not_lost_when_its_client_is_gone() -> None:
    bench = await opened()
    old = await bench.poll()
    old.reads.clear()
    old.leaves_after_start = True
    await bench.send(b"one")
    new = await bench.poll()
    assert new.answer is None, "what is being delivered must not be delivered twice"
    old.reads.set()
    await settle()
    await settle()
    assert len(old.sent) == 1
    assert new.answer == (200, b"one")


@pytest.mark.requirement("transports.lp.replaced")
async def test_what_a_replaced_poll_has_delivered_is_not_delivered_again() -> None:
    bench = await opened()
    old = await bench.poll()
    old.reads.clear()
    await bench.send(b"one")
    new = await bench.poll()
    old.reads.set()
    await settle()
    assert old.answer == (200, b"one")
    assert new.answer is None
    await bench.send(b"two")
    assert new.answer == (200, b"two")


async def test_who_sends_much_waits_for_a_poll() -> None:
    bench = await opened()
    await bench.send(b"x" * 100_000)
    sending = asyncio.create_task(bench.polls.send(b"y", binary=True))
    await settle()
    assert not sending.done()
    assert (await bench.poll()).answer == (200, b"x" * 100_000)
    await sending
    assert (await bench.poll()).answer == (200, b"y")


async def test_a_close_waits_for_the_last_message_and_the_next_poll_hears_of_it_once() -> None:
    bench = await opened()
    await bench.send(b"bye")
    closing = asyncio.create_task(bench.polls.close())
    await settle()
    assert not closing.done()
    assert (await bench.poll()).answer == (200, b"bye")
    await closing
    assert not bench.polls.over
    assert (await bench.poll()).answer == (204, b"")
    assert bench.polls.over
    assert bench.polls.loss is None


async def test_a_close_ends_the_poll_that_is_open() -> None:
    bench = await opened()
    poll = await bench.poll()
    await bench.polls.close()
    await settle()
    assert poll.answer == (204, b"")


async def test_a_client_that_leaves_ends_its_poll_and_gets_nothing_more() -> None:
    bench = await opened()
    poll = await bench.poll()
    bench.polls.leave()
    await settle()
    assert poll.answer == (204, b"")
    assert bench.polls.over
    assert await bench.polls.receive() is None
    assert bench.polls.loss is None
    with pytest.raises(OSError, match="left"):
        await bench.polls.send(b"x", binary=False)
    await bench.polls.close()


@pytest.mark.requirement("transports.lp.away")
async def test_a_client_that_does_not_poll_is_lost_after_a_time() -> None:
    bench = await opened()
    await bench.clock.advance(14.9)
    assert not bench.polls.over
    await bench.clock.advance(0.1)
    assert await bench.polls.receive() is None
    assert bench.polls.loss == "The client stopped polling."


@pytest.mark.requirement("transports.lp.away")
async def test_the_time_without_a_poll_begins_with_the_end_of_the_last() -> None:
    bench = await opened()
    await bench.clock.advance(10)
    poll = await bench.poll()
    await bench.clock.advance(80)
    poll.left.set()
    await settle()
    await bench.clock.advance(14.9)
    assert not bench.polls.over
    await bench.clock.advance(0.1)
    assert bench.polls.over


async def test_a_sender_that_waits_for_a_client_that_is_lost_is_told() -> None:
    bench = await opened()
    await bench.send(b"x" * 100_000)
    sending = asyncio.create_task(bench.polls.send(b"y", binary=True))
    await bench.clock.advance(15)
    with pytest.raises(OSError, match="left"):
        await sending


async def test_when_the_service_stops_nobody_waits_for_a_client_between_two_polls() -> None:
    bench = await opened()
    await bench.send(b"x" * 100_000)
    bench.inbound.end("The service stopped.")
    await bench.send(b"bye")
    await bench.polls.close()
    assert (await bench.poll()).answer == (200, b"x" * 100_000 + b"bye")
    assert (await bench.poll()).answer == (204, b"")


async def test_when_the_service_stops_the_open_poll_still_gets_the_last_message() -> None:
    bench = await opened()
    poll = await bench.poll()
    bench.inbound.end("The service stopped.")
    await settle()
    assert poll.answer is None
    await bench.send(b"bye")
    await bench.polls.close()
    assert poll.answer == (200, b"bye")


async def test_a_poll_that_is_cancelled_ends_the_connection() -> None:
    bench = await opened()
    poll = await bench.poll()
    poll.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll.task
    assert await bench.polls.receive() is None
    assert bench.polls.loss == "The service stopped."
