"""Waits that fail: always in time, and with what went over the wire."""

import pytest
from fastapi import FastAPI

from serverless_hub.testing import ExpectationError, HubTestClient, Transcript
from tests.testing.apps import chat_app

SOON = 0.05


@pytest.mark.requirement("testing.limits")
async def test_a_message_that_does_not_come_fails_with_the_transcript_of_both_directions() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(user_id="ann")
        assert await ann.invoke("echo", ["x", 1]) == ["x", 1]
        with pytest.raises(ExpectationError, match=r"^ann did not receive 'news' within 0.05 s\n") as caught:
            await ann.receive("news", timeout=SOON)
    text = str(caught.value)
    assert 'ann -> Invocation echo [["x",1]] (id 1)' in text
    assert 'ann <- Completion ["x",1] (id 1)' in text
    assert "ann -- event connected answered with 200" in text


async def test_a_call_without_an_answer_fails() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(name="Ann")
        with pytest.raises(ExpectationError, match=r"^Ann had no answer to 'hang' within 0.05 s"):
            await ann.invoke("hang", timeout=SOON)


async def test_a_wait_ends_at_once_when_the_connection_does() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        await ann.invoke("closeMe")
        with pytest.raises(ExpectationError, match=r"client 1 did not receive 'news': .*closed.*enough"):
            await ann.receive("news")


async def test_a_connection_that_does_not_end_fails() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        with pytest.raises(ExpectationError, match="client 1 is still connected within"):
            await ann.until_closed(timeout=SOON)


async def test_what_is_of_another_type_fails() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        with pytest.raises(ExpectationError, match="the result of 'echo' is not <class 'int'>"):
            await ann.invoke("echo", "many", returns=int)


async def test_a_message_that_must_not_come_fails() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        await ann.send("say", {"text": "hi"})
        await ann.expect_nothing("left")
        with pytest.raises(ExpectationError, match="client 1 received 'said', which was not expected"):
            await ann.expect_nothing()


async def test_what_comes_late_is_waited_for_before_there_is_nothing() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        await ann.send("sayLater")
        with pytest.raises(ExpectationError, match="received 'late'"):
            await ann.expect_nothing(timeout=5)


async def test_an_app_that_does_not_become_quiet_is_waited_for_no_longer_than_the_limit() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        await ann.send("hang")
        await ann.expect_nothing(timeout=SOON)


async def test_connect_fails_when_the_app_does_not_answer_connected() -> None:
    async with HubTestClient(chat_app(), timeout=1) as hub:
        with pytest.raises(ExpectationError, match="sloth waits for the app to answer its event 'connected'"):
            await hub.connect(user_id="sloth")


@pytest.mark.requirement("testing.limits")
async def test_a_transcript_has_no_tokens() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"
        assert await ann.invoke("echo", f"Bearer {token}") == f"Bearer {token}"
        text = str(hub.transcript)
    assert token not in text
    assert "Bearer <token>" in text


def test_a_transcript_is_bounded() -> None:
    transcript = Transcript()
    assert str(transcript) == "  (nothing)"
    for number in range(1000):
        transcript.note("ann", f"{number} {'x' * 1000}")
    lines = str(transcript).splitlines()
    assert (len(lines), max(map(len, lines)) < 500) == (400, True)
    assert "999" in lines[-1]


async def test_a_timeout_of_the_app_itself_is_not_taken_for_the_end_of_a_wait() -> None:
    app = FastAPI()

    @app.get("/report")
    async def report() -> None:
        raise TimeoutError("the database takes its time")

    async with HubTestClient(app) as hub:
        with pytest.raises(TimeoutError, match=r"^the database takes its time$"):
            await hub.request("GET", "/report")
