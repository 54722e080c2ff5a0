"""Claims of the sections about filters, `@requires` and rate limits in `how-to/hubs.md`."""

import logging
from typing import Any

import pytest

from examples.snippets import guards
from serverless_hub.protocol.messages import Completion, Invocation
from tests.docs.pages import page
from tests.support.client import connected
from tests.support.server import serving

REFUSED = "You are not allowed to do this."


def bearer(name: str) -> dict[str, Any]:
    return {"Authorization": f"Bearer {name}-key"}


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        # The filter of the class comes before that of the method.
        ("guest", ["everybody may read", REFUSED, "mind your language", REFUSED]),
        ("ben", ["everybody may read", "ben wrote hello", "mind your language", REFUSED]),
        ("ann", ["everybody may read", "ann wrote hello", "mind your language", "erased"]),
    ],
)
async def test_the_forum_lets_in_whom_its_guards_let_in(name: str, answers: list[str]) -> None:
    async with serving(guards.app) as url, connected(url, "forum", **bearer(name)) as client:
        calls = [("read",), ("write", "hello"), ("write", "damn"), ("erase",)]
        completions = [await client.invoke(*call) for call in calls]
        assert [completion.error or client.result_of(completion) for completion in completions] == answers
    assert REFUSED in page("how-to/hubs.md")


async def test_the_filter_of_the_router_runs_around_that_of_the_class(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "forum"):
        async with serving(guards.app) as url, connected(url, "forum", **bearer("ann")) as client:
            await client.invoke("write", "damn")
    timed = [record.getMessage().partition(" took")[0] for record in caplog.records if record.name == "forum"]
    assert timed == ["connected", "write", "disconnected"]


async def test_a_connection_that_calls_too_often_reads_429() -> None:
    async with serving(guards.app) as url, connected(url, "forum", **bearer("ben")) as client:
        for number in range(30):
            await client.send(Invocation("read", (), str(number)))
        answers = [await client.receive() for _ in range(30)]
    errors = [answer.error for answer in answers if isinstance(answer, Completion)]
    assert errors[:10] == [None] * 10
    assert set(errors[10:]) <= {None, "Invocation failed, status code 429"}
    assert errors.count(None) < 30
    assert "`Invocation failed, status code 429`" in page("how-to/hubs.md")
