"""What `connected` and `disconnected` answer when they fail: only a refusal is 403, and no client leaves in vain."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import pytest
import pytest_asyncio
from fastapi import Depends

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from tests.routing.caller import KEY, WEBHOOK, Caller, calling, headers
from tests.routing.failing_hub import FAILURES, SECRET, Failing

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSALS = {"rejected": "not you", "401": "who are you", "403": "you may not"}
CODES = {"hub": "hub_exception", "404": "http_exception", "503": "unexpected", "value": "unexpected"}


class Direct(ServerlessHub):
    """Fails as its user id says, with nothing injected."""

    async def on_connected(self) -> None:
        raise FAILURES[self.context.user_id or ""]

    async def on_disconnected(self) -> None:
        raise FAILURES[self.context.user_id or ""]


class Hookless(ServerlessHub):
    def __init__(self, number: Annotated[int, Depends(lambda: 1)]) -> None:
        self.number = number


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[True, False], ids=["installed", "included"])
async def failing(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Failing, Direct, Hookless, default_service=EmbeddedService(access_key=KEY))
    async with calling(router, installed=request.param) as caller:
        yield caller


def event(name: str, hub: str, failure: str) -> tuple[list[tuple[str, str]], bytes, str]:
    """Return a request that fails with `failure`."""
    sent = headers(name, category="connections", hub=hub, X_ASRS_User_Id=failure)
    return sent, b"{}", f"{WEBHOOK}?failure={failure}"


@pytest.mark.parametrize("hub", ["direct", "chat"])
@pytest.mark.parametrize("failure", REFUSALS)
async def test_a_refused_client_is_403_with_the_reason(failing: Caller, hub: str, failure: str) -> None:
    answer = await failing.post(*event("connected", hub, failure))
    assert (answer.status, json.loads(answer.body)) == (403, {"error": REFUSALS[failure]})
    assert answer.headers["X-Serverless-Hub-Error"] == "rejected"


@pytest.mark.parametrize("hub", ["direct", "chat"])
@pytest.mark.parametrize("failure", CODES)
async def test_any_other_error_in_connected_is_500_without_text(
    failing: Caller, hub: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await failing.post(*event("connected", hub, failure))
    assert (answer.status, answer.body) == (500, b"")
    assert answer.headers["X-Serverless-Hub-Error"] == CODES[failure]
    assert SECRET not in str(answer.headers)
    assert [record.name for record in caplog.records if "uvicorn" in record.name and record.exc_info] == []


@pytest.mark.parametrize("hub", ["direct", "chat"])
@pytest.mark.parametrize("failure", [*CODES, "401"])
async def test_an_error_in_disconnected_is_200_with_a_code(failing: Caller, hub: str, failure: str) -> None:
    answer = await failing.post(*event("disconnected", hub, failure))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Serverless-Hub-Error"] == CODES.get(failure, "http_exception")


async def test_disconnected_gets_the_error_text_whatever_the_case_of_its_key(failing: Caller) -> None:
    for body in (b'{"type":11,"error":"hub"}', b'{"Type":11,"Error":"hub"}\x1e'):
        answer = await failing.disconnect(body)
        assert answer.headers["X-Serverless-Hub-Error"] == "hub_exception"
    for body in (b'{"type":11}', b'{"type":11,"error":null}', b'{"type":11,"error":""}', b'{"type":11,"error":7}'):
        assert "X-Serverless-Hub-Error" not in (await failing.disconnect(body)).headers


async def test_a_hub_without_hooks_answers_200_and_logs_nothing(
    failing: Caller, problems: Callable[[], list[str]]
) -> None:
    assert (await failing.connect("hookless")).status == 200
    assert (await failing.disconnect(hub="hookless")).status == 200
    assert problems() == []


@pytest.mark.parametrize("hub", ["direct", "chat"])
async def test_a_refusal_is_403_whatever_its_text(failing: Caller, hub: str) -> None:
    sent, body, path = event("connected", hub, "half a refusal")
    # A server may close the connection behind a 500: do not leave that to the next test.
    assert (await failing.post([*sent, ("Connection", "close")], body, path)).status == 403
