"""Method, media type and headers of an upstream call: what is missing or doubled is refused before anything is read."""

from collections.abc import Callable

import pytest

from tests.routing.caller import WEBHOOK, Caller, both_ways, headers, message

pytestmark = [pytest.mark.asyncio(loop_scope="module"), both_ways]

TEMPLATED = "/chat/api/messages/direct"
NAMES = ["X-ASRS-Connection-Id", "X-ASRS-Hub", "X-ASRS-Category", "X-ASRS-Event"]
each_way = pytest.mark.parametrize("target", ["direct", "injected"])


def without(name: str, target: str = "direct") -> list[tuple[str, str]]:
    return [(known, value) for known, value in headers(target) if known != name]


@pytest.mark.parametrize("path", [WEBHOOK, TEMPLATED])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
async def test_only_post_is_allowed(caller: Caller, path: str, method: str, problems: Callable[[], list[str]]) -> None:
    answer = await caller.post(headers("direct"), message("direct", "hi"), path, method)
    assert answer.status == 405
    assert problems() == ["refused an upstream call with 405: only POST is allowed"]
    assert (await caller.invoke("direct", "on")).completion["result"] == "on"


@each_way
@pytest.mark.parametrize(
    "media_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x", "application/json "],
)
async def test_case_and_parameters_of_the_media_type_do_not_count(caller: Caller, target: str, media_type: str) -> None:
    assert (await caller.invoke(target, "hi", media_type=media_type)).completion["result"] == "hi"


@each_way
@pytest.mark.parametrize(
    "media_types",
    [[], [""], ["text/plain"], ["text/json"], ["application/json+x"], ["json"], ["application/json"] * 2, [";"]],
    ids=str,
)
async def test_another_media_type_is_415(
    caller: Caller, target: str, media_types: list[str], problems: Callable[[], list[str]]
) -> None:
    changed = [*without("Content-Type", target), *(("Content-Type", media_type) for media_type in media_types)]
    answer = await caller.post(changed, message(target, "hi"))
    assert answer.status == 415
    assert problems() == [
        "refused an upstream call with 415: Content-Type must be application/json or application/x-msgpack"
    ]
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


@pytest.mark.parametrize("values", [[], [""], ["chat", "chat"], ["", "chat"]], ids=str)
@pytest.mark.parametrize("name", NAMES)
async def test_each_header_must_be_there_once_and_not_empty(
    caller: Caller, name: str, values: list[str], problems: Callable[[], list[str]]
) -> None:
    changed = [*without(name), *((name, value) for value in values)]
    answer = await caller.post(changed, message("direct", "hi"))
    assert answer.status == 400
    assert problems() == [f"refused an upstream call with 400: the header {name} must be there once and not be empty"]
    assert (await caller.invoke("direct", "on")).completion["result"] == "on"


async def test_the_media_type_is_checked_before_the_headers_and_those_before_the_signature(caller: Caller) -> None:
    assert (await caller.post([], b"")).status == 415
    assert (await caller.post([("Content-Type", "application/json")], b"")).status == 400
    assert (await caller.post(without("X-ASRS-Signature"), b"")).status == 401


@each_way
async def test_hub_category_and_event_ignore_case(caller: Caller, target: str) -> None:
    answer = await caller.post(headers(target.upper(), hub="CHAT", category="Messages"), message(target.title(), "hi"))
    assert answer.completion["result"] == "hi"


@pytest.mark.parametrize("path", [WEBHOOK, TEMPLATED])
async def test_a_refused_method_is_told_which_is_allowed(caller: Caller, path: str) -> None:
    answer = await caller.post(headers("direct"), message("direct"), path, "GET")
    assert (answer.status, answer.headers.get("Allow")) == (405, "POST")
