"""Claims of the sections about injected parameters and about methods that are not async in `how-to/hubs.md`."""

import logging

import pytest

from examples.snippets import injection
from serverless_hub.protocol.messages import Invocation
from tests.support.client import connected
from tests.support.server import serving


@pytest.fixture(autouse=True)
def empty_notebook() -> None:
    injection.pages.clear()
    injection.log_book.clear()


async def test_what_is_injected_is_no_argument_of_the_call(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "examples.snippets.injection.Notes"):
        async with serving(injection.app) as url, connected(url, "notes") as client:
            assert client.result_of(await client.invoke("write", "buy tea")) == 1
            refused = await client.invoke("write", "buy", "tea")
            assert refused.error == "'write' takes 1 argument: 2 came"
    assert [record.getMessage().split(" ", 1)[1] for record in caplog.records if record.name.endswith("Notes")] == [
        "writes a note"
    ]


async def test_the_constructor_gets_a_notebook_for_each_event_and_each_is_closed() -> None:
    async with serving(injection.app) as url, connected(url, "notes") as client:
        await client.invoke("write", "buy tea")
    assert injection.pages == ["buy tea"]
    assert injection.log_book.count("closed") == 3  # connected, the call, disconnected
    assert injection.log_book.count("write is done") == 1


async def test_a_dependency_can_be_overridden() -> None:
    class Blank(injection.Notebook):
        def write(self, text: str) -> int:
            return len(text)

    injection.app.dependency_overrides[injection.open_notebook] = Blank
    try:
        async with serving(injection.app) as url, connected(url, "notes") as client:
            assert client.result_of(await client.invoke("write", "four")) == 4
    finally:
        injection.app.dependency_overrides.clear()
    assert injection.pages == []


async def test_a_method_that_is_not_async_can_send() -> None:
    async with serving(injection.app) as url, connected(url, "notes") as client:
        await client.invoke("write", "buy green tea")
        await client.send(Invocation("countWords"))
        assert await client.call_of("counted") == [3]
