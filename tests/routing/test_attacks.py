"""Attacks that need more than one part to be played: replays, and identities of others."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header

from serverless_hub import EmbeddedService, EntraAuthentication, HubRouter, Negotiation, ServerlessHub, requires
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.client import connected, negotiate
from tests.support.clock import ManualClock
from tests.support.entra import OBJECT, TENANT, SigningKey, issuing
from tests.support.server import serving
from tests.support.upstream import KEY, Caller

ON_AZURE = f"Endpoint=https://chat.service.signalr.net;AccessKey={KEY};Version=1.0;"
REFUSED = "You are not allowed to do this."


async def who(
    name: Annotated[str, Header()], role: Annotated[str, Header()] = "guest", shown: Annotated[str, Header()] = ""
) -> Negotiation:
    return Negotiation(user_id=name, claims={"role": role, "shown": shown})


class Chat(ServerlessHub):
    async def whoami(self) -> list[str | None]:
        identity = self.context.identity
        return [self.context.user_id, None if identity is None else identity.user_id]

    async def echo(self, text: str) -> str:
        return text

    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"


class News(Chat): ...


def app_of(**options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, News, negotiate=who, **options).install(app)
    return app


@asynccontextmanager
async def app() -> AsyncGenerator[str]:
    async with serving(app_of(default_service=EmbeddedService(access_key=KEY))) as url:
        yield url


async def bundle(url: str, hub: str = "chat", **headers: str) -> str:
    """Return the sealed identity in a client's token, which every client can read."""
    claims = unverified_claims((await negotiate(url, hub, **headers))["accessToken"])
    return str(claims[IDENTITY_CLAIM])


# --- replay


async def test_what_was_seen_can_be_posted_again_and_changed_but_for_its_connection_only() -> None:
    async with app() as url:
        seen = Caller(url, connection_id="c1")
        for text in ("seen", "seen", "changed"):
            assert (await seen.invoke("echo", text)).result() == text
        signature = sign_connection("c1", [KEY])
        other = Caller(url, connection_id="c2", key=None)
        assert (await other.invoke("echo", "x", X_ASRS_Signature=signature)).status == 401


async def test_an_event_that_is_posted_again_for_another_user_has_the_identity_of_the_first() -> None:
    async with app() as url:
        claims = {"X-ASRS-User-Claims": f"{IDENTITY_CLAIM}: {await bundle(url, name='eve')}, role: admin"}
        replay = Caller(url, headers={"X-ASRS-User-Id": "ann", **claims})
        assert (await replay.invoke("whoami")).result() == ["ann", "eve"]
        assert (await replay.invoke("ban")).error() == REFUSED


async def test_with_an_entra_token_what_was_seen_is_worth_nothing_after_the_end_of_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AzureSignalRConnectionString", ON_AZURE)
    clock = ManualClock()
    async with issuing() as issuer:
        entra = EntraAuthentication(tenant_id=TENANT, audience="api://chat", callers=OBJECT, authority=issuer.url)
        async with serving(app_of(entra=entra, clock=clock)) as url:
            claims = {"iss": f"{issuer.url}/{TENANT}/v2.0", "aud": "api://chat", "tid": TENANT, "oid": OBJECT}
            token = SigningKey().token(claims | {"nbf": clock.now, "exp": clock.now + 3600})
            seen = Caller(url, headers={"Authorization": f"Bearer {token}"})
            assert (await seen.invoke("echo", "seen")).result() == "seen"
            assert (await seen.invoke("echo", "again")).result() == "again"
            await clock.advance(2 * 3600)
            assert (await seen.invoke("echo", "too late")).status == 401


# --- identities of others


async def test_an_identity_of_another_hub_is_none() -> None:
    async with app() as url:
        admin = await bundle(url, "news", name="eve", role="admin")
        claims = {"X-ASRS-User-Claims": f"{IDENTITY_CLAIM}: {admin}"}
        assert (await Caller(url, "news", headers=claims).invoke("ban")).result() == "banned"
        assert (await Caller(url, "chat", headers=claims).invoke("ban")).error() == REFUSED


async def test_the_identity_of_somebody_else_in_a_claim_leaves_none() -> None:
    async with app() as url:
        stolen = await bundle(url, name="ann", role="admin")
        shown = f"Eve, {IDENTITY_CLAIM}: {stolen}"
        async with connected(url, name="eve", shown=shown) as client:
            assert client.result_of(await client.invoke("whoami")) == ["eve", None]
            assert (await client.invoke("ban")).error == REFUSED
