"""Which service a hub works with, and what its events prove."""

import logging
import time
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI

from benchmarks.micro.asgi import post, scope_of
from serverless_hub import ConfigurationError, EmbeddedService, EntraAuthentication, HubRouter, ServerlessHub
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.tokens import sign_token, unverified_claims
from serverless_hub.routing.shortcut import EventsFirst
from tests.support.entra import OBJECT, TENANT, Issuer, SigningKey, issuing
from tests.support.server import serving
from tests.support.upstream import KEY, Caller

OTHER_KEY = "other-other-other-other-other-32"
NEW_KEY = "newer-newer-newer-newer-newer-32"
CODE = "code-code-code-code-code"
SETTING = "AzureSignalRConnectionString"


class Chat(ServerlessHub):
    async def ping(self) -> str:
        return "chat"


class News(ServerlessHub, connection="NewsConnection"):
    async def ping(self) -> str:
        return "news"


def endpoint(key: str | None, host: str = "chat") -> str:
    proof = f"AccessKey={key}" if key is not None else "AuthType=azure.msi"
    return f"Endpoint=https://{host}.service.signalr.net;{proof};Version=1.0;"


def app_of(router: HubRouter) -> FastAPI:
    app = FastAPI()
    router.install(app)
    return app


async def start(router: HubRouter) -> None:
    app = app_of(router)
    async with app.router.lifespan_context(app):
        pass


async def negotiate(url: str, hub: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{url}/{hub}/negotiate") as response:
        return response.status, await response.json()


async def test_hubs_have_the_service_that_their_setting_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    monkeypatch.setenv("NewsConnection", endpoint(OTHER_KEY, "news"))
    async with serving(app_of(HubRouter(Chat, News))) as url:
        assert (await negotiate(url, "chat"))[1]["url"] == "https://chat.service.signalr.net/client/?hub=chat"
        assert (await negotiate(url, "news"))[1]["url"] == "https://news.service.signalr.net/client/?hub=news"
        assert (await Caller(url, "chat").invoke("ping")).result() == "chat"
        assert (await Caller(url, "news", key=OTHER_KEY).invoke("ping")).result() == "news"
        assert (await Caller(url, "news", key=KEY).invoke("ping")).status == 401
        assert (await Caller(url, "chat", key=OTHER_KEY).invoke("ping")).status == 401


async def test_whether_a_hub_exists_is_told_to_none_but_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    monkeypatch.setenv("NewsConnection", endpoint(OTHER_KEY, "news"))
    async with serving(app_of(HubRouter(Chat, News))) as url:
        for key in (KEY, OTHER_KEY):
            assert (await Caller(url, "nobody", key=key).invoke("ping")).status == 404
        assert (await Caller(url, "nobody", key=NEW_KEY).invoke("ping")).status == 401


async def test_without_its_setting_a_hub_works_with_the_default_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NewsConnection", endpoint(OTHER_KEY, "news"))
    router = HubRouter(Chat, News, default_service=EmbeddedService(access_key=KEY))
    async with serving(app_of(router)) as url:
        assert "/_signalr/client/?hub=chat" in (await negotiate(url, "chat"))[1]["url"]
        assert (await negotiate(url, "news"))[1]["url"] == "https://news.service.signalr.net/client/?hub=news"


@pytest.mark.requirement("process.unused")
async def test_a_default_service_that_is_not_used_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    service = EmbeddedService(access_key=KEY)
    async with serving(app_of(HubRouter(Chat, default_service=service))) as url, aiohttp.ClientSession() as session:
        for path in ("api/health?api-version=2024-12-01", "client/negotiate?hub=chat", "client/?hub=chat&id=x"):
            async with session.post(f"{url}/_signalr/{path}") as response:
                assert response.status == 404
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{url}/_signalr/client/?hub=chat")
        assert refusal.value.status == 404


async def test_without_any_service_the_app_does_not_start() -> None:
    with pytest.raises(ConfigurationError, match=f"set {SETTING}"):
        await start(HubRouter(Chat))


async def test_a_blank_name_of_a_setting_is_an_error() -> None:
    class Nameless(ServerlessHub, connection=" "): ...

    with pytest.raises(ConfigurationError, match="blank"):
        await start(HubRouter(Nameless, default_service=EmbeddedService(access_key=KEY)))


async def test_a_second_key_is_one_of_a_named_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    monkeypatch.setenv("Azure__SignalR__Endpoints__second", endpoint(OTHER_KEY))
    async with serving(app_of(HubRouter(Chat))) as url:
        for key in (KEY, OTHER_KEY):
            assert (await Caller(url, key=key).invoke("ping")).result() == "chat"


async def test_keys_are_rotated_while_the_app_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    router = HubRouter(Chat)
    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("ping")).status == 200
        monkeypatch.setenv(SETTING, endpoint(NEW_KEY))
        router.reload()
        assert (await Caller(url).invoke("ping")).status == 401
        assert (await Caller(url, key=NEW_KEY).invoke("ping")).status == 200


async def test_a_service_in_this_process_stays_as_it_is_when_the_settings_are_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NewsConnection", endpoint(OTHER_KEY, "news"))
    router = HubRouter(Chat, News, default_service=EmbeddedService(access_key=KEY))
    async with serving(app_of(router)) as url:
        await negotiate(url, "chat")
        monkeypatch.setenv("NewsConnection", endpoint(NEW_KEY, "news"))
        router.reload()
        assert (await Caller(url, "chat").invoke("ping")).result() == "chat"
        assert (await Caller(url, "news", key=NEW_KEY).invoke("ping")).result() == "news"


@pytest.mark.parametrize("broken", ["", "Endpoint=nonsense", endpoint(None)])
async def test_settings_that_cannot_work_leave_the_old_ones_in_force(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    router = HubRouter(Chat)
    async with serving(app_of(router)) as url:
        await Caller(url).invoke("ping")
        monkeypatch.setenv(SETTING, broken)
        with pytest.raises(ConfigurationError):
            router.reload()
        assert (await Caller(url).invoke("ping")).result() == "chat"


async def test_a_running_app_does_not_change_to_another_kind_of_service(monkeypatch: pytest.MonkeyPatch) -> None:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY))
    async with serving(app_of(router)) as url:
        await Caller(url).invoke("ping")
        monkeypatch.setenv(SETTING, endpoint(KEY))
        with pytest.raises(ConfigurationError, match="restart it"):
            router.reload()


def test_what_does_not_run_cannot_be_reloaded() -> None:
    with pytest.raises(ConfigurationError, match="has not been started"):
        HubRouter(Chat).reload()


# --- proofs


async def test_an_endpoint_without_a_key_needs_another_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(None))
    with pytest.raises(ConfigurationError, match="cannot sign its events"):
        await start(HubRouter(Chat))


async def test_a_code_may_be_the_only_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(None))
    router = HubRouter(Chat, upstream_code=CODE)
    async with serving(app_of(router)) as url:
        path = f"/runtime/webhooks/signalr?code={CODE}"
        assert (await Caller(url, key=None, path=path).invoke("ping")).result() == "chat"
        assert (await Caller(url, key=None, path=path, connection_id="h.p").invoke("ping")).status == 401
        assert (await Caller(url, key=None, path=path + "x").invoke("ping")).status == 401
        assert (await Caller(url, key=None).invoke("ping")).status == 401


async def test_one_endpoint_without_a_key_is_no_way_around_the_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure's extension stops validating altogether then."""
    monkeypatch.setenv(SETTING, endpoint(KEY))
    monkeypatch.setenv("Azure__SignalR__Endpoints__second", endpoint(None))
    with pytest.raises(ConfigurationError, match="cannot sign its events"):
        await start(HubRouter(Chat))


def test_a_code_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="fewer than 16 characters"):
        HubRouter(Chat, upstream_code="short")


def entra(issuer: Issuer) -> EntraAuthentication:
    return EntraAuthentication(tenant_id=TENANT, audience="api://chat", callers=OBJECT, authority=issuer.url)


def token(issuer: Issuer, **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": f"{issuer.url}/{TENANT}/v2.0",
        "aud": "api://chat",
        "tid": TENANT,
        "oid": OBJECT,
        "ver": "2.0",
        "nbf": now,
        "exp": now + 600,
    }
    return SigningKey().token(claims | changed)


async def test_an_entra_token_counts_besides_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    async with issuing() as issuer, serving(app_of(HubRouter(Chat, entra=entra(issuer)))) as url:
        good = {"Authorization": f"Bearer {token(issuer)}"}
        assert (await Caller(url, headers=good).invoke("ping")).result() == "chat"
        assert (await Caller(url).invoke("ping")).status == 401
        assert (await Caller(url, key=None, headers=good).invoke("ping")).status == 401


async def test_an_event_is_not_answered_before_its_token_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    event = {
        "content-type": "application/json",
        "x-asrs-connection-id": "c1",
        "x-asrs-hub": "chat",
        "x-asrs-category": "messages",
        "x-asrs-event": "ping",
        "x-asrs-signature": sign_connection("c1", [KEY]),
    }
    async with issuing() as issuer:
        app = app_of(HubRouter(Chat, entra=entra(issuer)))
        async with app.router.lifespan_context(app):
            first = EventsFirst(app)
            for _ in range(2):  # After the first call, other events could be answered without one.
                assert first.direct(scope_of(event)) is None
                assert b"error" in await post(first, event)


async def test_an_entra_token_may_be_the_only_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(None))
    async with issuing() as issuer, serving(app_of(HubRouter(Chat, entra=entra(issuer)))) as url:
        good = {"Authorization": f"Bearer {token(issuer)}"}
        assert (await Caller(url, key=None, headers=good).invoke("ping")).result() == "chat"
        foreign = {"Authorization": f"Bearer {token(issuer, tid='dddddddd-2222-4333-8444-555555555555')}"}
        assert (await Caller(url, key=None, headers=foreign).invoke("ping")).status == 401
        assert (await Caller(url, key=None, headers=foreign).invoke("ping")).body == (
            b'{"error":"the token is of another tenant"}'
        )


async def test_tokens_of_rest_calls_and_of_clients_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, endpoint(KEY))
    rest = sign_token({"aud": "https://chat.service.signalr.net/api/hubs/chat", "exp": time.time() + 600}, KEY)
    async with serving(app_of(HubRouter(Chat))) as url:
        client = (await negotiate(url, "chat"))[1]["accessToken"]
        assert unverified_claims(client)["aud"] == "https://chat.service.signalr.net/client/?hub=chat"
        for stolen in (rest, client):
            header, payload, signature = stolen.split(".")
            bearer = {"Authorization": f"Bearer {stolen}"}
            assert (await Caller(url, key=None, headers=bearer).invoke("ping")).status == 401
            forged = Caller(url, key=None, connection_id=f"{header}.{payload}")
            assert (await forged.invoke("ping", X_ASRS_Signature=f"sha256={signature}")).status == 401


@pytest.mark.requirement("routing.headers.size")
async def test_headers_that_are_too_large_are_refused_before_anything_is_looked_at() -> None:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), max_header_bytes=4096)
    async with serving(app_of(router)) as url:
        assert (await Caller(url, key=None, headers={"X-Large": "x" * 5000}).invoke("ping")).status == 431
        assert (await Caller(url).invoke("ping")).status == 200


class Trusting(ServerlessHub):
    async def whoami(self) -> Any:
        identity = self.context.identity
        return None if identity is None else [identity.user_id, identity.claims]


@pytest.mark.parametrize("trusts", [True, False])
async def test_raw_claims_are_the_identity_only_where_the_app_says_so(*, trusts: bool) -> None:
    service = EmbeddedService(access_key=KEY)
    router = HubRouter(Trusting, default_service=service, trust_raw_claims=trusts, identity_key="identity" * 4)
    async with serving(app_of(router)) as url:
        headers = {"X-ASRS-User-Id": "ann", "X-ASRS-User-Claims": "role: admin, role: editor"}
        found = (await Caller(url, "trusting", headers=headers).invoke("whoami")).result()
        assert found == (["ann", {"role": ["admin", "editor"]}] if trusts else None)


async def test_secrets_are_in_no_log_line(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(SETTING, endpoint(KEY))
    async with issuing() as issuer:
        router = HubRouter(Chat, entra=entra(issuer), upstream_code=CODE)
        async with serving(app_of(router)) as url:
            bearer = token(issuer)
            client = (await negotiate(url, "chat"))[1]["accessToken"]
            path = f"/runtime/webhooks/signalr?code={CODE}"
            for headers in ({"Authorization": f"Bearer {bearer}"}, {"Authorization": f"Bearer {bearer}x"}, {}):
                await Caller(url, path=path, headers=headers).invoke("ping")
                await Caller(url, path=path, headers=headers).invoke("nothing")
            await Caller(url, path=f"/runtime/webhooks/signalr?code={CODE}x").invoke("ping")
            await Caller(url, path=f"/chat/negotiate?access_token={client}").connect()
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "POST /runtime/webhooks/signalr" in text
    for secret in (KEY, CODE, bearer, client):
        assert secret not in text
