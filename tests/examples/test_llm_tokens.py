"""The hub that answers word by word: to the caller alone, several at once, until it is stopped."""

from collections.abc import AsyncGenerator

import pytest

from examples.llm_tokens.babble import babble
from serverless_hub.protocol.messages import Invocation
from tests.support.client import Client, connected
from tests.support.example import load_example
from tests.support.server import serving


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """Serve answers of which no second word ever comes."""
    monkeypatch.setenv("SECONDS_PER_WORD", "3600")
    async with serving(load_example("llm_tokens.app").app) as url:
        yield url


@pytest.fixture
async def quick(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    monkeypatch.setenv("SECONDS_PER_WORD", "0")
    async with serving(load_example("llm_tokens.app").app) as url:
        yield url


async def _refusal(client: Client, *arguments: str) -> str:
    return str((await client.invoke("ask", *arguments)).error)


async def test_an_answer_comes_word_by_word_and_then_its_end(quick: str) -> None:
    words = list(babble("Why?"))
    async with connected(quick, "tokens") as client:
        await client.send(Invocation("ask", ("1", " Why? ")))  # `invoke` would drop words
        for start, word in enumerate(words):
            assert await client.call_of("words") == ["1", start, word]
        assert await client.call_of("ended") == ["1", "complete"]


async def test_several_answers_are_written_at_once_and_one_is_stopped(slow: str) -> None:
    async with connected(slow, "tokens") as client:
        for answer in ("1", "2"):
            await client.invoke("ask", answer, "Why?")
        await client.send(Invocation("stop", ("1",)))
        assert await client.call_of("ended") == ["1", "stopped"]
        assert "already" in await _refusal(client, "2", "Why?")


async def test_nobody_stops_the_answer_of_somebody_else(slow: str) -> None:
    async with connected(slow, "tokens") as asking, connected(slow, "tokens") as other:
        await asking.invoke("ask", "1", "Why?")
        assert (await other.invoke("stop", "1")).error is None
        assert "already" in await _refusal(asking, "1", "Why?")


async def test_one_connection_gets_a_few_answers_at_once_and_no_more(slow: str) -> None:
    async with connected(slow, "tokens") as client, connected(slow, "tokens") as other:
        for answer in ("1", "2", "3", "4"):
            assert (await client.invoke("ask", answer, "Why?")).error is None
        assert "Stop one first" in await _refusal(client, "5", "Why?")
        assert (await other.invoke("ask", "5", "Why?")).error is None


@pytest.mark.parametrize(("answer", "question"), [("", "Why?"), ("x" * 41, "Why?"), ("1", " "), ("1", "x" * 501)])
async def test_what_is_too_short_or_too_long_is_refused(slow: str, answer: str, question: str) -> None:
    async with connected(slow, "tokens") as client:
        assert "1 to" in await _refusal(client, answer, question)


def test_a_question_has_always_the_same_answer_of_whole_sentences() -> None:
    for question in map(str, range(100)):
        words = list(babble(question))
        assert words == list(babble(question))
        assert len(words) < 160
    assert list(babble("Why?"))[-1].endswith(".")
