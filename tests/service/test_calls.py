import pytest

from serverless_hub.protocol.messages import Invocation
from serverless_hub.service.calls import CallQueue


def test_calls_come_out_in_their_order_and_then_none() -> None:
    queue = CallQueue(8, 1000)
    for name in "abc":
        queue.put(Invocation(name), 10)
    found = [queue.get() for _ in range(5)]
    assert found == [Invocation("a"), Invocation("b"), Invocation("c"), None, None]


def test_a_queue_that_has_been_emptied_takes_calls_again() -> None:
    queue = CallQueue(8, 1000)
    queue.put(Invocation("a"), 10)
    assert queue.get() == Invocation("a")
    queue.put(Invocation("b"), 10)
    assert [queue.get(), queue.get()] == [Invocation("b"), None]


@pytest.mark.requirement("limits.queue")
def test_it_is_full_with_its_number_of_calls_until_one_is_out() -> None:
    queue = CallQueue(2, 1000)
    assert not queue.full(urgent=False)
    queue.put(Invocation("a"), 1)
    assert not queue.full(urgent=False)
    queue.put(Invocation("b"), 1)
    assert queue.full(urgent=False)
    queue.get()
    assert not queue.full(urgent=False)


@pytest.mark.requirement("limits.queue")
def test_it_is_full_with_its_bytes_of_which_the_last_call_may_have_more() -> None:
    queue = CallQueue(100, 50)
    queue.put(Invocation("small"), 49)
    assert not queue.full(urgent=False)
    queue.put(Invocation("large"), 5000)
    assert queue.full(urgent=False)
    queue.get()
    assert queue.full(urgent=False)
    queue.get()
    assert not queue.full(urgent=False)


def test_while_something_behind_them_is_awaited_more_calls_may_wait_but_not_more_bytes() -> None:
    queue = CallQueue(2, 1000)
    for _ in range(31):
        queue.put(Invocation("a"), 10)
    assert queue.full(urgent=False)
    assert not queue.full(urgent=True)
    queue.put(Invocation("b"), 10)
    assert queue.full(urgent=True)
    queue.get()
    queue.put(Invocation("c"), 900)
    assert queue.full(urgent=True)
