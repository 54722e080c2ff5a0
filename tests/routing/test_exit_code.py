"""What runs around and after a method: the exit code of its dependencies, and background tasks."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, HTTPException

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from tests.routing.caller import KEY, calling, headers, message
from tests.support.client import connected

installed_or_not = pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])
LIMIT = 10.0
"""Seconds that anything may take."""


class Steps:
    """The order in which things happen."""

    def __init__(self) -> None:
        self._queue = asyncio.Queue[str]()
        self.gate = asyncio.Event()

    def take(self, step: str) -> None:
        self._queue.put_nowait(step)

    async def until(self, last: str) -> list[str]:
        """Return the steps from the last call to `last`."""
        taken: list[str] = []
        async with asyncio.timeout(LIMIT):
            while last not in taken:
                taken.append(await self._queue.get())
        return taken

    async def unit(self) -> AsyncGenerator[str]:
        """Open and close something, as a dependency."""
        self.take("open")
        try:
            yield "unit"
        except Exception as error:
            self.take(f"roll back {type(error).__name__}")
            raise
        else:
            self.take("commit")
        finally:
            self.take("close")

    async def later(self) -> None:
        """Wait for the gate, as a background task."""
        await self.gate.wait()
        self.take("later")

    async def fail(self) -> None:
        """Fail, as a background task."""
        self.take("failed")
        raise ValueError


def router(steps: Steps) -> HubRouter:
    async def refuse(_: Annotated[str, Depends(steps.unit)]) -> None:
        raise HTTPException(403, "no")

    class Working(ServerlessHub, hub="chat"):
        async def work(self, text: str, *, unit: Annotated[str, Depends(steps.unit)]) -> str:
            steps.take(unit)
            if text == "fail":
                raise ValueError(text)
            if text == "refuse":
                raise HTTPException(403, text)
            return text

        async def refused(self, *, never: Annotated[None, Depends(refuse)]) -> None:
            steps.take(f"never {never}")

        async def note(self, text: str, *, tasks: BackgroundTasks) -> str:
            tasks.add_task(steps.later)
            if text == "fail":
                raise ValueError(text)
            return text

    return HubRouter(Working, default_service=EmbeddedService(access_key=KEY))


@installed_or_not
@pytest.mark.parametrize("invocation_id", ["7", None], ids=["invoke", "send"])
@pytest.mark.parametrize(
    ("target", "arguments", "taken"),
    [
        ("work", ["fine"], ["open", "unit", "commit", "close"]),
        ("work", ["fail"], ["open", "unit", "roll back ValueError", "close"]),
        ("work", ["refuse"], ["open", "unit", "roll back HTTPException", "close"]),
        ("refused", [], ["open", "roll back HTTPException", "close"]),
    ],
)
async def test_what_a_dependency_opened_it_closes_whatever_happens(
    target: str, arguments: list[Any], taken: list[str], invocation_id: str | None, *, installed: bool
) -> None:
    steps = Steps()
    async with calling(router(steps), installed=installed) as caller:
        body = message(target, *arguments, invocation_id=invocation_id)
        assert (await caller.post(headers(target), body)).status == 200
        assert await steps.until("close") == taken


async def test_nothing_is_opened_for_arguments_that_do_not_fit() -> None:
    steps = Steps()
    async with calling(router(steps)) as caller:
        assert (await caller.invoke("work", 7)).headers["X-Serverless-Hub-Error"] == "binding"
        assert (await caller.invoke("work", "fine")).status == 200
        assert await steps.until("close") == ["open", "unit", "commit", "close"]


@installed_or_not
async def test_background_tasks_run_after_the_answer(*, installed: bool) -> None:
    steps = Steps()
    async with calling(router(steps), installed=installed) as caller:
        answer = await caller.invoke("note", "fine")
        assert answer.completion["result"] == "fine"
        steps.take("answered")
        steps.gate.set()
        assert await steps.until("later") == ["answered", "later"]


async def test_they_do_not_run_after_an_error() -> None:
    steps = Steps()
    steps.gate.set()
    async with calling(router(steps)) as caller:
        assert "error" in (await caller.invoke("note", "fail")).completion
        assert (await caller.invoke("note", "fine")).status == 200
        await steps.until("later")
        steps.take("end")
        assert await steps.until("end") == ["end"]


async def test_one_that_fails_stands_in_the_log_and_the_answer_is_what_it_was(
    problems: Callable[[], list[str]],
) -> None:
    steps = Steps()
    steps.later = steps.fail  # type: ignore[method-assign]  # another task
    async with calling(router(steps)) as caller:
        assert (await caller.invoke("note", "fine")).completion["result"] == "fine"
        await steps.until("failed")
        assert (await caller.invoke("work", "fine")).completion["result"] == "fine"
    assert [text for text in problems() if "chat.note of connection" in text and "unexpectedly" in text]


async def test_a_client_of_the_embedded_service_goes_on_while_they_run() -> None:
    steps = Steps()
    async with calling(router(steps)) as caller, connected(caller.url) as client:
        assert client.result_of(await client.invoke("note", "fine")) == "fine"
        assert client.result_of(await client.invoke("work", "fine")) == "fine"
        assert await steps.until("close") == ["open", "unit", "commit", "close"]
        steps.gate.set()
        assert await steps.until("later") == ["later"]
