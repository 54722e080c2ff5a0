"""What a failed event tells the client, the service and the log."""

import re
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from serverless_hub import EmbeddedService, HubRouter
from tests.routing.caller import KEY, WEBHOOK, Answer, Caller, calling, headers, message
from tests.routing.failing_hub import FAILURES, SECRET, Failing

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS = {
    "hub": ("say something", "hub_exception"),
    "hub without text": ("HubException", "hub_exception"),
    "rejected": ("not you", "hub_exception"),
    "401": ("who are you", "http_exception"),
    "403": ("you may not", "http_exception"),
    "404": ("no such room", "http_exception"),
    "404 in parts": ("{'room': 7}", "http_exception"),
}
"""Those that are meant for clients; every other says only that it happened."""
UNEXPECTED = re.compile(r"An unexpected error occurred invoking '(\w+)' on the server\. Error id: ([0-9a-f]{12})")
PLACES = ["method", "thread", "injected", "dependency"]


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[(True, False), (False, False), (True, True)],
    ids=["installed", "included", "detailed"],
)
async def failing(request: pytest.FixtureRequest) -> AsyncGenerator[tuple[Caller, bool]]:
    """Yield a caller, and whether errors are shown in detail."""
    installed, detailed = request.param
    router = HubRouter(Failing, default_service=EmbeddedService(access_key=KEY), detailed_errors=detailed)
    async with calling(router, installed=installed) as caller:
        yield caller, detailed


async def fail(caller: Caller, place: str, failure: str, invocation_id: str | None = "7", **others: str) -> Answer:
    """Let `failure` happen in `place`."""
    arguments = [] if place == "dependency" else [failure]
    query = f"?failure={failure}" if place == "dependency" else ""
    body = message(place, *arguments, invocation_id=invocation_id)
    return await caller.post(headers(place, **others), body, WEBHOOK + query)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("failure", TEXTS)
async def test_an_error_that_is_meant_for_the_client_reaches_it(
    failing: tuple[Caller, bool], place: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    text, code = TEXTS[failure]
    with caplog.at_level("INFO", "serverless_hub"):
        answer = await fail(failing[0], place, failure)
    assert answer.completion == {"type": 3, "invocationId": "7", "error": text}
    assert answer.headers["X-Serverless-Hub-Error"] == code
    assert caplog.messages.count(f"chat.{place} of connection c1 failed: {text} ({code})") == 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("failure", ["503", "value", "key", "timeout", "group"])
async def test_any_other_says_only_that_it_happened_and_the_log_says_the_rest(
    failing: tuple[Caller, bool], place: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    caller, detailed = failing
    answer = await fail(caller, place, failure)
    error = answer.completion["error"]
    found = UNEXPECTED.match(error)
    assert found is not None
    assert found[1] == place
    if detailed:
        raised = FAILURES[failure]
        assert error == f"{found[0]}. {type(raised).__name__}: {raised}"
    else:
        assert error == found[0]
        assert SECRET.encode() not in answer.body
    assert answer.headers["X-Serverless-Hub-Error"] == "unexpected"
    (record,) = [record for record in caplog.records if record.name == "serverless_hub.hub"]
    assert record.getMessage() == f"chat.{place} of connection c1 failed unexpectedly, error id {found[2]}"
    assert record.exc_info is not None
    assert record.exc_info[1] is FAILURES[failure]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("failure", "code"), [("hub", "hub_exception"), ("404", "http_exception"), ("value", "unexpected")]
)
async def test_a_send_that_fails_is_200_with_a_code_and_no_text(
    failing: tuple[Caller, bool], place: str, failure: str, code: str
) -> None:
    answer = await fail(failing[0], place, failure, invocation_id=None)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["X-Serverless-Hub-Error"] == code
    assert SECRET not in str(answer.headers)


@pytest.mark.parametrize("target", ["unsendable", "opaque"])
async def test_a_result_that_cannot_be_sent_is_an_unexpected_error(failing: tuple[Caller, bool], target: str) -> None:
    answer = await failing[0].invoke(target)
    assert UNEXPECTED.match(answer.completion["error"])
    assert answer.headers["X-Serverless-Hub-Error"] == "unexpected"


@pytest.mark.parametrize("arguments", [[], ["a", "b"], [1], [None], [{}]], ids=str)
@pytest.mark.parametrize("place", ["method", "thread", "injected"])
async def test_arguments_that_do_not_fit_are_an_error_that_names_the_parameter(
    failing: tuple[Caller, bool], place: str, arguments: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await failing[0].invoke(place, *arguments)
    error = answer.completion["error"]
    if len(arguments) == 1:
        assert error == f"{place!r} cannot be called like that: failure: Input should be a valid string"
    else:
        assert error == f"{place!r} takes 1 argument: another number came"
    assert answer.headers["X-Serverless-Hub-Error"] == "binding"
    assert caplog.messages == [f"chat.{place} of connection c1 failed: {error} (binding)"]


@pytest.mark.parametrize("place", PLACES)
async def test_not_even_a_stop_iteration_leaves_a_call_without_its_completion(
    failing: tuple[Caller, bool], place: str
) -> None:
    answer = await fail(failing[0], place, "stop")
    assert UNEXPECTED.match(answer.completion["error"])


async def test_a_call_that_succeeds_has_no_code(failing: tuple[Caller, bool]) -> None:
    answer = await failing[0].invoke("dependency")
    assert answer.completion["result"] == "fine"
    assert "X-Serverless-Hub-Error" not in answer.headers


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("failure", ["half a character", "half a detail", "cancelled"])
async def test_no_error_leaves_a_call_without_its_completion(
    failing: tuple[Caller, bool], place: str, failure: str
) -> None:
    # A server may close the connection behind a 500: do not leave that to the next test.
    answer = await fail(failing[0], place, failure, Connection="close")
    assert "error" in answer.completion
