"""A router whose service is elsewhere: what it sends, and where it sends clients."""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import FastAPI, Header
from starlette.requests import Request

from serverless_hub import ConfigurationError, HubRouter, Negotiation, ServerlessHub
from serverless_hub.bindings import SignalRConnectionInfo
from serverless_hub.management.endpoint_router import NegotiateRequest
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.management.send_options import SendOptions
from tests.support.client import connected
from tests.support.clock import ManualClock
from tests.support.server import serving
from tests.support.services import KEY, OneToken, client_of, closed, service
from tests.support.upstream import Caller

SETTING = "AzureSignalRConnectionString"
WEST = "Azure__SignalR__Endpoints__west"
CODE = "code-code-code-code-code"
ONCE = RetryPolicy.none()


class Chat(ServerlessHub):
    async def tell(self, text: str) -> None:
        await self.clients.all.send("heard", text)

    async def enter(self, connection_id: str) -> None:
        await self.groups.add(connection_id, "room")
        await self.clients.group("room").send("heard", "entered")

    async def kick(self, connection_id: str) -> bool:
        await self.connections.close(connection_id, "kicked")
        return await self.connections.exists(connection_id)

    async def invite(self, name: str) -> SignalRConnectionInfo:
        return await self.negotiate(Negotiation(user_id=name))


async def who(name: Annotated[str, Header()] = "ann", role: Annotated[str, Header()] = "") -> Negotiation:
    return Negotiation(user_id=name, claims={"role": role} if role else {})


def connection_string(url: str, key: str | None = KEY) -> str:
    proof = "AuthType=azure" if key is None else f"AccessKey={key}"
    return f"Endpoint={url};{proof};Version=1.0;"


def app_of(**options: Any) -> FastAPI:
    app = FastAPI()
    options.setdefault("send_options", SendOptions(retry=ONCE))
    HubRouter(Chat, negotiate=who, **options).install(app)
    return app


async def ask(url: str, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/chat/negotiate", headers=headers) as response:
        return response.status, await response.json()


def caller(url: str) -> Caller:
    return Caller(url, key=KEY)


# --- sending


async def test_a_hub_sends_through_the_service_that_its_setting_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service() as there:
        monkeypatch.setenv(SETTING, connection_string(there))
        async with serving(app_of()) as url, connected(url) as client:
            await caller(url).invoke("tell", "hi")
            assert await client.call_of("heard") == ["hi"]
            connection_id = client.result_of(await client.invoke("my_id"))
            await caller(url).invoke("enter", connection_id)
            assert await client.call_of("heard") == ["entered"]
            await caller(url).invoke("kick", connection_id)
            assert (await client.receive()).error == "kicked"  # type: ignore[union-attr]  # it is a Close


@pytest.mark.requirement("endpoints.send")
async def test_a_hub_sends_to_every_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service() as east, service() as west:
        monkeypatch.setenv(SETTING, connection_string(east))
        monkeypatch.setenv(WEST, connection_string(west))
        async with (
            serving(app_of(endpoint_router=_by_name)) as url,
            connected(url) as one,
            connected(url, name="west") as other,
        ):
            await caller(url).invoke("tell", "hi")
            assert [await one.call_of("heard"), await other.call_of("heard")] == [["hi"], ["hi"]]


async def test_what_cannot_be_sent_is_an_error_of_the_hub(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with closed() as down:
        monkeypatch.setenv(SETTING, connection_string(down))
        async with serving(app_of()) as url:
            assert "unexpected error" in (await caller(url).invoke("tell", "hi")).error()
    assert "UnreachableError" in caplog.text
    assert KEY not in caplog.text


async def test_a_hub_sends_to_the_endpoints_that_the_settings_name_now(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service() as east, service() as west:
        monkeypatch.setenv(SETTING, connection_string(east))
        app = FastAPI()
        router = HubRouter(Chat, negotiate=who)
        router.install(app)
        async with serving(app) as url:
            assert (await ask(url))[1]["url"].startswith(east)
            monkeypatch.setenv(SETTING, connection_string(west))
            router.reload()
            async with connected(url) as client:
                await caller(url).invoke("tell", "hi")
                assert await client.call_of("heard") == ["hi"]


# --- negotiating


def _by_name(request: NegotiateRequest, candidates: Sequence[EndpointState]) -> EndpointState:
    assert isinstance(request.http, Request)
    assert request.hub == "chat"
    named = [each for each in candidates if each.name == request.http.headers.get("name")]
    return (named or candidates)[0]


async def test_a_hub_negotiates_for_its_clients_without_being_asked_from_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with service() as there:
        monkeypatch.setenv(SETTING, connection_string(there))
        async with serving(app_of()) as url:
            info = SignalRConnectionInfo.model_validate((await caller(url).invoke("invite", "bob")).result())
            async with client_of(info) as client:
                assert client.result_of(await client.invoke("whoami")) == ["bob", ["bob", {}]]


@pytest.mark.requirement("endpoints.router")
async def test_the_apps_own_endpoint_router_sees_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, connection_string("https://east.example"))
    monkeypatch.setenv(WEST, connection_string("https://west.example"))
    async with serving(app_of(endpoint_router=_by_name)) as url:
        assert (await ask(url))[1]["url"] == "https://east.example/client/?hub=chat"
        assert (await ask(url, name="west"))[1]["url"] == "https://west.example/client/?hub=chat"


async def test_an_endpoint_router_that_invents_endpoints_is_500(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SETTING, connection_string("https://east.example"))

    def inventing(_: NegotiateRequest, candidates: Sequence[EndpointState]) -> EndpointState:
        return EndpointState(candidates[0].endpoint, online=False)

    async with serving(app_of(endpoint_router=inventing)) as url:
        assert (await ask(url))[0] == 500
    assert "endpoint_router= has to return one of the candidates" in caplog.text


@pytest.mark.requirement("endpoints.negotiate")
async def test_while_no_endpoint_is_online_negotiate_is_503(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(time.time())
    with closed() as east, closed() as west:
        monkeypatch.setenv(SETTING, connection_string(east))
        monkeypatch.setenv(WEST, connection_string(west))
        async with serving(app_of(clock=clock)) as url:
            async with asyncio.timeout(10):
                while (await ask(url))[0] != 503:
                    await clock.advance(3)
            assert await ask(url) == (503, {"detail": "Service Unavailable"})
    assert "is online, so clients cannot be sent anywhere" in caplog.text


@pytest.mark.requirement("rest-client.identity.client-tokens")
async def test_without_an_access_key_the_service_makes_the_tokens_of_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    options = SendOptions(retry=ONCE, credential=OneToken.at(time.time()))
    async with service() as there:
        monkeypatch.setenv(SETTING, connection_string(there, None))
        async with serving(app_of(send_options=options, upstream_code=CODE)) as url, connected(url) as client:
            assert client.result_of(await client.invoke("whoami")) == ["ann", None]


async def test_a_token_that_the_service_cannot_make_is_500_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SETTING, connection_string("https://east.example", None))
    async with serving(app_of(upstream_code=CODE)) as url:
        assert (await ask(url, role="admin"))[0] == 500
    assert "they cannot carry claims of a Negotiation" in caplog.text
    assert "admin" not in caplog.text


async def test_a_service_that_does_not_answer_is_503_and_one_that_refuses_is_502(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    credential = OneToken.at(time.time())
    options = {"send_options": SendOptions(retry=ONCE, credential=credential), "upstream_code": CODE}
    with closed() as down:
        async with service("another key of another service") as there:
            for service_url, answer in ((down, (503, "Service Unavailable")), (there, (502, "Bad Gateway"))):
                monkeypatch.setenv(SETTING, connection_string(service_url, None))
                async with serving(app_of(**options)) as url:
                    assert await ask(url) == (answer[0], {"detail": answer[1]})
    assert caplog.text.count("cannot negotiate: ") == 2
    assert credential.token not in caplog.text


async def test_new_settings_that_leave_an_endpoint_without_proof_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(SETTING, connection_string("https://east.example"))
    app = FastAPI()
    router = HubRouter(Chat, negotiate=who)
    router.install(app)
    async with serving(app) as url:
        await ask(url)
        monkeypatch.setenv(WEST, connection_string("https://west.example", None))
        with pytest.raises(ConfigurationError, match="cannot sign its events"):
            router.reload()
        for _ in range(20):
            assert (await ask(url))[1]["url"] == "https://east.example/client/?hub=chat"
