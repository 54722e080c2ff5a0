"""The first negotiate: who may connect, where to, and what is answered to everybody else."""

import json
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from fastapi import HTTPException
from jose import jwt

from serverless_hub import EmbeddedService, HubRouter, Negotiation
from tests.routing.caller import KEY, Answer, Caller, calling
from tests.routing.conftest import Chat

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def who(say: str = "ann") -> Any:
    """Return or raise what the query of the request names."""
    match say:
        case "401":
            raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"})
        case "403":
            raise HTTPException(403)
        case "dict":
            return {"user_id": "ann"}
        case "none":
            return None
        case "long":
            return Negotiation(claims={"text": "x" * 4096})
        case "error":
            raise ValueError("the password is 12345")
        case _:
            return Negotiation(user_id=say, claims={"role": ["a", "b"], "exp": 3}, lifetime=timedelta(minutes=5))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[True, False], ids=["installed", "included"])
async def door(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, negotiate=who, default_service=EmbeddedService(access_key=KEY))
    async with calling(router, installed=request.param) as caller:
        yield caller


async def negotiate(caller: Caller, query: str = "", path: str = "/chat/negotiate", **headers: str) -> Answer:
    return await caller.post(list(headers.items()), path=path + query)


async def test_a_client_is_sent_to_the_service_with_a_token_for_it(door: Caller) -> None:
    answer = await negotiate(door, "?negotiateVersion=1")
    found = json.loads(answer.body)
    assert found == {"url": f"{door.url}/_signalr/client/?hub=chat", "accessToken": found["accessToken"]}
    assert answer.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(found["accessToken"], KEY, ["HS256"], audience=found["url"])
    assert (claims["asrs.s.uid"], claims["role"], claims["asrs.u.exp"]) == ("ann", ["a", "b"], 3)
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize("path", ["/CHAT/negotiate", "/Chat/negotiate", "/ch%61t/negotiate"])
async def test_the_case_of_the_hub_does_not_count(door: Caller, path: str) -> None:
    assert json.loads((await negotiate(door, path=path)).body)["url"].endswith("?hub=chat")


@pytest.mark.parametrize("path", ["/other/negotiate", "/chatter/negotiate", "/negotiate", "/chat/Negotiate"])
async def test_there_is_no_negotiate_for_a_hub_that_does_not_exist(door: Caller, path: str) -> None:
    assert (await negotiate(door, path=path)).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_only_post_negotiates(door: Caller, method: str) -> None:
    assert (await door.post([], path="/chat/negotiate", method=method)).status == 405


@pytest.mark.requirement("negotiate.bearer")
@pytest.mark.parametrize(
    "authorization", ["Bearer garbage", "Bearer", "Bearer a.b.c", "Basic x", "", "Bearer " + "x" * 5000]
)
async def test_a_stale_or_broken_token_in_the_request_does_not_matter(door: Caller, authorization: str) -> None:
    assert (await negotiate(door, Authorization=authorization)).status == 200


@pytest.mark.parametrize("body", [b"{", b"\xff", b"x" * 1_000_000], ids=len)
@pytest.mark.parametrize("media_type", ["application/json", "text/plain;charset=UTF-8", "nonsense"])
async def test_neither_does_a_body(door: Caller, body: bytes, media_type: str) -> None:
    assert (await door.post([("Content-Type", media_type)], body, "/chat/negotiate")).status == 200


@pytest.mark.parametrize("query", ["?negotiateVersion=abc", "?negotiateVersion=-1", "?x=1&negotiateVersion=2&%FF"])
async def test_neither_does_the_version_that_is_asked_for(door: Caller, query: str) -> None:
    assert set(json.loads((await negotiate(door, query)).body)) == {"url", "accessToken"}


@pytest.mark.parametrize(("status", "detail"), [(401, "sign in first"), (403, "Forbidden")])
async def test_a_client_that_is_turned_away_gets_what_the_app_says(door: Caller, status: int, detail: str) -> None:
    answer = await negotiate(door, f"?say={status}")
    assert (answer.status, json.loads(answer.body)) == (status, {"detail": detail})
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert (await negotiate(door)).status == 200


@pytest.mark.parametrize(
    ("say", "logged"),
    [
        ("dict", "negotiate= must return a Negotiation, not dict"),
        ("none", "negotiate= must return a Negotiation, not NoneType"),
        ("error", "the password is 12345"),
    ],
)
async def test_a_mistake_of_the_app_is_500_and_stands_in_the_servers_log(
    door: Caller, say: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await negotiate(door, f"?say={say}", Connection="close")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert logged in caplog.text
    assert (await negotiate(door)).status == 200


async def test_a_token_that_no_service_takes_is_500_with_a_line_that_says_what_to_do(
    door: Caller, problems: Callable[[], list[str]]
) -> None:
    assert (await negotiate(door, "?say=long")).status == 500
    (problem,) = problems()
    assert problem.startswith("cannot negotiate: the access token would have ")
    assert problem.endswith("put less into its claims")
    assert (await negotiate(door)).status == 200
