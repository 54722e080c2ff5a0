"""Both forms of the upstream URL, and what happens when a path and the headers disagree."""

from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import pytest
import pytest_asyncio
from fastapi import Depends

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, hub_method
from tests.routing.caller import KEY, WEBHOOK, Caller, both_ways, calling, headers, message

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def place(path: str = "none") -> str:
    return path


class Chat(ServerlessHub):
    async def direct(self) -> str:
        return "direct"

    async def injected(self, *, number: Annotated[int, Depends(lambda: 1)]) -> str:
        return "injected" * number

    async def placed(self, *, place: Annotated[str, Depends(place)]) -> str:
        return place

    @hub_method("say it/loud?#%41ä")
    async def odd(self) -> str:
        return "odd"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[True, False], ids=["installed", "included"])
async def prefixed(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), prefix="/v1", strict_paths=True)
    async with calling(router, installed=request.param) as caller:
        yield caller


each_way = pytest.mark.parametrize("target", ["direct", "injected"])
DISAGREEMENTS = {
    "category": ("/chat/api/connections/TARGET", "the path says category 'connections' but the header 'messages'"),
    "event": ("/chat/api/messages/other", "the path says event 'other' but the header 'TARGET'"),
    "longer": ("/chat/api/messages/TARGET/x", "the path says event 'TARGET/x' but the header 'TARGET'"),
    "slash": ("/chat/api/messages/TARGET/", "the path says event 'TARGET/' but the header 'TARGET'"),
}


@both_ways
@each_way
@pytest.mark.parametrize(
    "path", [WEBHOOK, "/chat/api/messages/TARGET", "/CHAT/api/Messages/TARGET", "/Chat/api/MESSAGES/T%41RGET"]
)
async def test_both_forms_of_the_url_reach_the_method_in_any_case(caller: Caller, target: str, path: str) -> None:
    for name in (target, target.upper()):
        path = path.replace("TARGET", name).replace("T%41RGET", f"%{ord(name[0]):X}{name[1:]}")
        assert (await caller.invoke(target, "hi", path=path)).completion["result"] == "hi"


@pytest.mark.parametrize("event", ["connected", "disconnected"])
async def test_connections_have_a_url_too(caller: Caller, event: str) -> None:
    sent = headers(event, category="connections")
    assert (await caller.post(sent, b"{}", f"/chat/api/connections/{event}")).status == 200


@both_ways
@each_way
@pytest.mark.parametrize("name", DISAGREEMENTS)
async def test_a_path_that_disagrees_with_the_headers_is_logged(
    caller: Caller, target: str, name: str, problems: Callable[[], list[str]]
) -> None:
    path, reason = (text.replace("TARGET", target) for text in DISAGREEMENTS[name])
    assert (await caller.invoke(target, "hi", path=path)).completion["result"] == "hi"
    assert problems() == [f"{reason}: check the URL template of the upstream settings"]


@each_way
@pytest.mark.parametrize("name", DISAGREEMENTS)
async def test_it_is_refused_where_paths_are_strict(
    prefixed: Caller, target: str, name: str, problems: Callable[[], list[str]]
) -> None:
    path, reason = (text.replace("TARGET", target) for text in DISAGREEMENTS[name])
    assert (await prefixed.invoke(target, path=f"/v1{path}")).status == 400
    assert problems() == [f"refused an upstream call with 400: {reason}"]
    for right in (f"/v1{WEBHOOK}", f"/v1/CHAT/api/messages/{target}"):
        assert (await prefixed.invoke(target, path=right)).completion["result"] == target


@pytest.mark.parametrize("name", DISAGREEMENTS)
async def test_a_stranger_learns_nothing_from_a_path(prefixed: Caller, name: str) -> None:
    path = "/v1" + DISAGREEMENTS[name][0].replace("TARGET", "direct")
    assert (await prefixed.post(headers("direct")[:-1], message("direct"), path)).status == 401


async def test_an_event_is_escaped_in_its_path_and_may_have_slashes(prefixed: Caller) -> None:
    target = "say it/loud?#%41ä"
    sent = [(name, value if name != "X-ASRS-Event" else target) for name, value in headers("x")]
    path = "/v1/chat/api/messages/say%20it/loud%3F%23%2541%C3%A4"
    assert (await prefixed.post(sent, message(target), path)).completion["result"] == "odd"


OTHERS = {
    WEBHOOK: 404,
    f"/v1{WEBHOOK}/": 307,
    f"/v1{WEBHOOK}/x": 404,
    f"/v1{WEBHOOK.upper()}": 404,
    "/v1/other/api/messages/direct": 404,
    "/v1/chatter/api/messages/direct": 404,
    "/v1/chat/api/messages": 307,
    "/v1/chat/api": 404,
    "/chat/api/messages/direct": 404,
}


@pytest.mark.parametrize("path", OTHERS)
async def test_other_paths_are_the_apps_own(prefixed: Caller, path: str) -> None:
    assert (await prefixed.invoke("direct", path=path)).status == OTHERS[path]


async def test_a_query_parameter_may_be_called_path(prefixed: Caller) -> None:
    for query, expected in (("", "none"), ("?path=here", "here")):
        answer = await prefixed.invoke("placed", path=f"/v1{WEBHOOK}{query}")
        assert answer.completion["result"] == expected


@each_way
async def test_a_method_runs_even_if_there_is_a_line_break_in_the_path(caller: Caller, target: str) -> None:
    answer = await caller.invoke(target, "hi", path="/chat/api/messages/a%0Ab")
    assert answer.completion.get("result") == "hi"
