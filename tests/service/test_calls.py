import asyncio

import pytest

from serverless_hub.protocol.messages import Invocation
from serverless_hub.service.calls import CallQueue
from tests.support.clock import settle


async def test_calls_come_out_in_their_order_and_then_the_end() -> None:
    queue = CallQueue(8, 1000)
    for name in "abc":
        await queue.put(Invocation(name), 10)
    queue.finish()
    found = [await queue.get() for _ in range(5)]
    assert found == [Invocation("a"), Invocation("b"), Invocation("c"), None, None]


async def test_a_reader_waits_for_the_next_call() -> None:
    queue = CallQueue(8, 1000)
    reader = asyncio.create_task(queue.get())
    await settle()
    assert not reader.done()
    await queue.put(Invocation("a"), 10)
    assert await reader == Invocation("a")


async def test_a_waiting_reader_learns_of_the_end() -> None:
    queue = CallQueue(8, 1000)
    reader = asyncio.create_task(queue.get())
    await settle()
    queue.finish()
    assert await reader is None


@pytest.mark.requirement("limits.queue")
async def test_beyond_its_number_of_calls_a_writer_waits_for_room() -> None:
    queue = CallQueue(2, 1000)
    await queue.put(Invocation("a"), 1)
    assert not queue.full
    await queue.put(Invocation("b"), 1)
    assert queue.full
    writer = asyncio.create_task(queue.put(Invocation("c"), 1))
    await settle()
    assert not writer.done()
    assert await queue.get() == Invocation("a")
    await writer
    assert [await queue.get(), await queue.get()] == [Invocation("b"), Invocation("c")]


@pytest.mark.requirement("limits.queue")
async def test_beyond_its_bytes_a_writer_waits_for_room() -> None:
    queue = CallQueue(100, 50)
    await queue.put(Invocation("small"), 49)
    await queue.put(Invocation("large"), 5000)
    writer = asyncio.create_task(queue.put(Invocation("next"), 1))
    await settle()
    await queue.get()
    await settle()
    assert not writer.done()
    await queue.get()
    await writer
    assert not queue.full


async def test_a_full_queue_can_be_finished_and_loses_nothing() -> None:
    queue = CallQueue(1, 1000)
    await queue.put(Invocation("a"), 1)
    queue.finish()
    assert [await queue.get(), await queue.get()] == [Invocation("a"), None]


async def test_a_writer_that_is_cancelled_leaves_the_queue_as_it_was() -> None:
    queue = CallQueue(1, 1000)
    await queue.put(Invocation("a"), 1)
    writer = asyncio.create_task(queue.put(Invocation("lost"), 1))
    await settle()
    writer.cancel()
    await settle()
    queue.finish()
    assert [await queue.get(), await queue.get()] == [Invocation("a"), None]


async def test_while_something_behind_them_is_awaited_more_calls_may_wait_but_not_more_bytes() -> None:
    urgent = False
    queue = CallQueue(2, 1000, lambda: urgent)
    for _ in range(2):
        await queue.put(Invocation("a"), 10)
    writer = asyncio.create_task(queue.put(Invocation("b"), 10))
    await settle()
    assert not writer.done()
    urgent = True
    queue.look_again()
    await writer
    for _ in range(29):
        await queue.put(Invocation("c"), 10)
    assert queue.full
    await queue.get()
    await queue.put(Invocation("d"), 900)
    assert queue.full
