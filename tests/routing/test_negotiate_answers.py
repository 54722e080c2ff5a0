"""What web pages, and clients that are refused, get from negotiate."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import BackgroundTasks, FastAPI, Header, HTTPException, Response

from serverless_hub import (
    ConfigurationError,
    ConnectionRejected,
    EmbeddedService,
    HubRouter,
    Negotiation,
    ServerlessHub,
)
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.server import serving
from tests.support.upstream import KEY, Caller

AZURE = f"Endpoint=https://chat.service.signalr.net;AccessKey={KEY};Version=1.0;"
ELSEWHERE = "https://www.example.com"
LOOPBACK = "http://localhost:5173"


class Chat(ServerlessHub): ...


async def who(name: Annotated[str, Header()] = "ann", level: Annotated[int, Header()] = 1) -> Negotiation:
    if name == "rejected":
        raise ConnectionRejected("Come back tomorrow.")
    if name == "nameless":
        raise ConnectionRejected
    if name == "stranger":
        raise HTTPException(401, "Sign in.", headers={"WWW-Authenticate": "Bearer"})
    return Negotiation(user_id=name, claims={"level": level})


def app_of(**options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, negotiate=who, **options).install(app)
    return app


def embedded(**options: Any) -> FastAPI:
    return app_of(default_service=EmbeddedService(access_key=KEY), **options)


async def ask(url: str, method: str = "POST", **headers: str) -> tuple[int, Any, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers) as response:
        body = await response.json() if response.content_type == "application/json" else None
        return response.status, body, {name.lower(): value for name, value in response.headers.items()}


async def test_a_dependency_may_add_to_the_answer() -> None:
    async def greets(response: Response, tasks: BackgroundTasks) -> Negotiation:
        response.set_cookie("seen", "1")
        response.status_code = 203
        tasks.add_task(done.set)
        return Negotiation(user_id="ann")

    app, done = FastAPI(), asyncio.Event()
    HubRouter(Chat, negotiate=greets, default_service=EmbeddedService(access_key=KEY)).install(app)
    async with serving(app) as url:
        status, body, headers = await ask(f"{url}/chat/negotiate")
        await asyncio.wait_for(done.wait(), 10)
    assert (status, list(body)) == (203, ["url", "accessToken"])
    assert headers["set-cookie"].startswith("seen=1")
    assert headers["content-type"] == "application/json"


@pytest.mark.requirement("negotiate.refused")
async def test_a_client_that_is_rejected_reads_why_and_stops() -> None:
    async with serving(embedded()) as url:
        status, body, headers = await ask(f"{url}/chat/negotiate", name="rejected")
        assert (status, body) == (200, {"error": "Come back tomorrow."})
        assert headers["cache-control"] == "no-store"
        assert (await ask(f"{url}/CHAT/negotiate", name="nameless"))[1] == {"error": "The connection was refused."}


async def test_an_answer_that_sends_a_client_on_has_no_error_key() -> None:
    async with serving(embedded()) as url:
        _, body, headers = await ask(f"{url}/chat/negotiate")
        assert set(body) == {"url", "accessToken"}
        assert headers["cache-control"] == "no-store"


async def test_a_refusal_keeps_the_headers_of_the_app() -> None:
    async with serving(embedded()) as url:
        status, _, headers = await ask(f"{url}/chat/negotiate", name="stranger")
        assert status == 401
        assert headers["www-authenticate"] == "Bearer"
        assert headers["cache-control"] == "no-store"


# --- pages from elsewhere


def assert_allowed(headers: dict[str, str], origin: str) -> None:
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"
    assert "Origin" in headers["vary"]


@pytest.mark.requirement("negotiate.cors")
@pytest.mark.parametrize(("name", "level"), [("ann", "1"), ("rejected", "1"), ("stranger", "1"), ("ann", "many")])
async def test_a_page_of_an_allowed_origin_may_read_every_answer(name: str, level: str) -> None:
    async with serving(embedded(allowed_origins=[ELSEWHERE])) as url:
        status, _, headers = await ask(f"{url}/chat/negotiate", origin=ELSEWHERE, name=name, level=level)
        assert (status == 422) == (level == "many")
        assert_allowed(headers, ELSEWHERE)


async def test_a_page_of_any_other_origin_may_read_nothing() -> None:
    async with serving(embedded(allowed_origins=[ELSEWHERE])) as url:
        for origin in ("https://evil.example", f"{ELSEWHERE}.evil.example", "null"):
            for method in ("POST", "OPTIONS"):
                _, _, headers = await ask(f"{url}/chat/negotiate", method, origin=origin)
                assert "access-control-allow-origin" not in headers
                assert headers["vary"] == "Origin"


async def test_a_preflight_is_answered_for_the_headers_that_clients_send() -> None:
    async with serving(embedded(allowed_origins=[ELSEWHERE])) as url:
        asked = {
            "origin": ELSEWHERE,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,x-requested-with,x-signalr-user-agent",
        }
        for path in ("/chat/negotiate", "/Chat/negotiate"):
            status, _, headers = await ask(url + path, "OPTIONS", **asked)
            assert status == 204
            assert_allowed(headers, ELSEWHERE)
            assert headers["access-control-allow-headers"] == asked["access-control-request-headers"]
            assert "POST" in headers["access-control-allow-methods"]


async def test_pages_on_this_machine_are_allowed_only_with_a_service_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(embedded()) as url:
        assert_allowed((await ask(f"{url}/chat/negotiate", origin=LOOPBACK))[2], LOOPBACK)
    monkeypatch.setenv("AzureSignalRConnectionString", AZURE)
    async with serving(app_of(allowed_origins=[ELSEWHERE])) as url:
        assert "access-control-allow-origin" not in (await ask(f"{url}/chat/negotiate", origin=LOOPBACK))[2]
        assert_allowed((await ask(f"{url}/chat/negotiate", origin=ELSEWHERE))[2], ELSEWHERE)


@pytest.mark.requirement("negotiate.cors")
async def test_the_second_negotiate_allows_what_the_first_one_does() -> None:
    async with serving(embedded(allowed_origins=[ELSEWHERE])) as url:
        _, body, _ = await ask(f"{url}/chat/negotiate", origin=ELSEWHERE)
        second = body["url"].replace("/client/?", "/client/negotiate?")
        bearer = f"Bearer {body['accessToken']}"
        status, _, headers = await ask(second, origin=ELSEWHERE, authorization=bearer)
        assert status == 200
        assert_allowed(headers, ELSEWHERE)
        status, _, headers = await ask(second, origin=ELSEWHERE)
        assert status == 401
        assert_allowed(headers, ELSEWHERE)


def test_every_origin_at_once_cannot_be_allowed() -> None:
    with pytest.raises(ConfigurationError):
        HubRouter(Chat, allowed_origins=["*"])


async def test_without_its_lifespan_negotiate_says_only_that_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    outer = FastAPI()
    outer.mount("/inner", embedded())
    async with serving(outer) as url:
        status, body, _ = await ask(f"{url}/inner/chat/negotiate", origin=LOOPBACK)
        assert (status, body) == (500, {"detail": "Internal Server Error"})
    assert "its app's lifespan did not run" in caplog.text


# --- options


@pytest.mark.requirement("negotiate.options", "negotiate.transports")
async def test_what_the_app_says_of_a_client_stands_in_its_token() -> None:
    expires = datetime.now(UTC) + timedelta(hours=2)

    async def somebody() -> Negotiation:
        return Negotiation(
            user_id="ann",
            claims={"role": ["admin", "editor"], "iat": 7, "level": 3},
            lifetime=timedelta(minutes=5),
            detailed_errors=True,
            diagnostic_client=True,
            authentication_expires_on=expires,
            transports=["WebSockets"],
        )

    app = FastAPI()
    HubRouter(Chat, negotiate=somebody, default_service=EmbeddedService(access_key=KEY)).install(app)
    async with serving(app) as url:
        _, body, _ = await ask(f"{url}/chat/negotiate")
    claims = unverified_claims(body["accessToken"])
    assert claims["aud"] == body["url"]
    assert claims["exp"] - claims["iat"] == 300
    assert {name: value for name, value in claims.items() if name.startswith("asrs.")} == {
        "asrs.s.uid": "ann",
        "asrs.u.iat": 7,
        "asrs.s.derror": "True",
        "asrs.s.dc": "true",
        "asrs.s.coae": "true",
        "asrs.s.aeo": str(int(expires.timestamp())),
        "asrs.s.htt": "1",
    }
    assert (claims["role"], claims["level"]) == (["admin", "editor"], 3)


async def test_a_token_that_no_service_takes_is_an_error_that_the_log_explains(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def somebody() -> Negotiation:
        return Negotiation(claims={"long": "x" * 5000})

    app = FastAPI()
    HubRouter(Chat, negotiate=somebody, default_service=EmbeddedService(access_key=KEY)).install(app)
    async with serving(app) as url:
        assert (await ask(f"{url}/chat/negotiate"))[0] == 500
    assert "more than the 4096" in caplog.text


# --- in a hub


class Inviting(ServerlessHub):
    async def invite(self, name: str) -> Any:
        return await self.negotiate(Negotiation(user_id=name))


def inviting(**options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(Inviting, default_service=EmbeddedService(access_key=KEY, **options)).install(app)
    return app


@pytest.mark.requirement("class-model.negotiate")
async def test_a_hub_negotiates_for_clients_that_ask_in_a_way_of_their_own() -> None:
    async with serving(inviting(public_url="https://chat.example.com")) as url:
        info = (await Caller(url, "inviting").invoke("invite", "ben")).result()
    assert info["url"] == "https://chat.example.com/_signalr/client/?hub=inviting"
    assert unverified_claims(info["accessToken"])["asrs.s.uid"] == "ben"


async def test_a_hub_cannot_negotiate_where_only_requests_tell_the_address(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(inviting()) as url:
        error = (await Caller(url, "inviting").invoke("invite", "ben")).error()
    assert error.startswith("An unexpected error occurred")
    assert "say EmbeddedService(public_url=...)" in caplog.text
