"""Claims of `tutorial.md`: each step, as its folder has it."""

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from examples.page import CDN, CDN_HASH
from examples.tutorial.step_1 import poll as step_1
from examples.tutorial.step_2 import poll as step_2
from examples.tutorial.step_3 import poll as step_3
from examples.tutorial.step_4 import notice
from examples.tutorial.step_4 import poll as step_4
from serverless_hub.protocol.messages import Invocation
from tests.docs.pages import ROOT, page
from tests.support.client import Client, connected
from tests.support.modes import Host, in_two_processes
from tests.support.server import serving

TUTORIAL = page("tutorial.md")
STEPS = sorted((ROOT / "examples/tutorial").glob("step_*"))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every test begin with an empty poll."""
    monkeypatch.setenv("HOST_KEY", "the key of the host")
    monkeypatch.setattr(step_4, "state", step_4.State())
    yield
    for kept in (step_1.votes, step_2.votes, step_2.voted, step_3.names, step_3.ballots, step_4.names):
        kept.clear()


@asynccontextmanager
async def signed_in(url: str, name: str, *, tabs: int = 1) -> AsyncGenerator[list[Client]]:
    """Yield the tabs of somebody who has said their name."""
    async with aiohttp.ClientSession() as session, session.post(f"{url}/sign-in", json={"name": name}) as answer:
        assert answer.status == 204, await answer.text()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connected(url, "poll", Cookie=cookie)) for _ in range(tabs)]


async def test_step_1_counts_and_tells_everybody() -> None:
    async with serving(step_1.app) as url, connected(url, "poll") as ann, connected(url, "poll") as ben:
        assert await ben.call_of("counted") == [{}]
        await ann.invoke("vote", "tea")
        assert await ben.call_of("counted") == [{"tea": 1}]
        async with connected(url, "poll") as late:
            assert await late.call_of("counted") == [{"tea": 1}]


async def test_step_2_refuses_what_is_no_drink_and_a_second_vote() -> None:
    async with serving(step_2.app) as url, connected(url, "poll") as ann:
        refused = await ann.invoke("vote", "beer")
        counted = await ann.invoke("vote", "tea")
        again = await ann.invoke("vote", "tea")
    assert (ann.result_of(counted), again.error) == (1, "you have voted already")
    assert refused.error is not None
    assert refused.error in TUTORIAL
    assert step_2.votes == {"tea": 1}


async def test_step_3_knows_people_by_their_cookies_and_shows_votes_to_voters_only() -> None:
    async with serving(step_3.app) as url:
        async with aiohttp.ClientSession() as session, session.post(f"{url}/poll/negotiate") as stranger:
            assert (stranger.status, await stranger.json()) == (401, {"detail": "say your name first"})
        async with signed_in(url, "ann", tabs=2) as (ann, other_tab), signed_in(url, "ben") as (ben,):
            await ann.send(Invocation("vote", ("tea",)))
            assert await ann.call_of("counted") == [{"tea": 1}]
            assert await other_tab.call_of("counted") == [{"tea": 1}]
            await ben.send(Invocation("vote", ("water",)))
            assert await ben.call_of("counted") == [{"tea": 1, "water": 1}]  # and not the count before
            await ann.send(Invocation("vote", ("water",)))  # in place of the tea
            assert await ben.call_of("counted") == [{"water": 2}]
            with pytest.raises(AssertionError, match="somebody else has that name"):
                await signed_in(url, "ann").__aenter__()


async def test_step_4_is_closed_from_an_endpoint_by_who_has_the_key() -> None:
    async with serving(step_4.app) as url, signed_in(url, "ann") as (ann,):
        await ann.invoke("vote", "tea")
        assert await close(url, "guessed") == (403, {"detail": "only the host closes the poll"})
        assert await close(url, "the key of the host") == (200, "tea")
        assert await ann.call_of("closed") == ["tea"]
        assert (await ann.invoke("vote", "water")).error == "the poll is closed"
    assert "`the poll is closed`" in TUTORIAL


async def close(url: str, key: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/close", headers={"Host-Key": key}) as answer:
        return answer.status, await answer.json()


@in_two_processes
async def test_a_script_tells_everybody_through_the_service_that_the_app_has(host: Host) -> None:
    async with host(step_4.app) as url, signed_in(url, "ann") as (ann,):
        await notice.tell("One minute left")
        assert await ann.call_of("notice") == ["One minute left"]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_the_page_of_a_step_is_served_and_names_what_its_hub_has(step: Path) -> None:
    module = {"step_1": step_1, "step_2": step_2, "step_3": step_3, "step_4": step_4}[step.name]
    async with serving(module.app) as url, aiohttp.ClientSession() as session, session.get(url) as response:
        html = await response.text()
    assert html == (step / "index.html").read_text("utf-8")
    assert re.findall(r'src="([^"]+)"\s+integrity="([^"]+)"\s+crossorigin="anonymous"', html) == [(CDN, CDN_HASH)]
    assert {*re.findall(r'invoke\("(\w+)"', html)} == {"vote"}
    assert f"uvicorn poll:app --app-dir examples/tutorial/{step.name}" in TUTORIAL
