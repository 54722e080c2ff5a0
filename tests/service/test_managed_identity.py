"""Tokens of the stand-in for a managed identity: apps check them as they check Entra's."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.errors import TokenError
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.tokens import read_key_id, unverified_claims
from serverless_hub.routing.entra import EntraVerifier
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.managed_identity import (
    DEVELOPMENT_CLIENT,
    DEVELOPMENT_OBJECT,
    DEVELOPMENT_TENANT,
    ManagedIdentity,
)
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock
from tests.support.server import serving

AUDIENCE = "api://app"


@asynccontextmanager
async def publishing(identity: ManagedIdentity) -> AsyncGenerator[str]:
    """Yield the URL of a service that has this identity."""
    service = SignalRService(["an-access-key-of-a-service"], ServiceSettings(), SystemClock(), CorsPolicy([]))
    async with serving(ServiceApp(service, HttpClient(), lambda: None, identity=identity)) as url:
        yield url


@asynccontextmanager
async def verifier(authority: str, caller: str = DEVELOPMENT_OBJECT) -> AsyncGenerator[EntraVerifier]:
    settings = EntraAuthentication(DEVELOPMENT_TENANT, AUDIENCE, caller, authority)
    client = HttpClient()
    await client.open()
    made = EntraVerifier(settings, client, SystemClock())
    await made.open()
    try:
        yield made
    finally:
        await made.close()
        await client.close()


@pytest.mark.requirement("process.managed-identity")
@pytest.mark.parametrize("caller", [DEVELOPMENT_OBJECT, DEVELOPMENT_CLIENT])
async def test_an_app_that_trusts_the_service_accepts_its_tokens(caller: str) -> None:
    identity = ManagedIdentity(SystemClock())
    async with publishing(identity) as url, verifier(url, caller) as app:
        await app.verify([f"Bearer {identity.token(AUDIENCE)}"])


async def test_it_refuses_those_for_others_of_other_services_and_of_other_callers() -> None:
    identity, other = ManagedIdentity(SystemClock()), ManagedIdentity(SystemClock())
    async with publishing(identity) as url, verifier(url) as app:
        with pytest.raises(TokenError, match="for none of the configured audiences"):
            await app.verify([f"Bearer {identity.token('api://other')}"])
        with pytest.raises(TokenError, match="a key that the tenant does not publish"):
            await app.verify([f"Bearer {other.token(AUDIENCE)}"])
    async with publishing(identity) as url, verifier(url, DEVELOPMENT_TENANT) as app:
        with pytest.raises(TokenError, match="of none of the configured callers"):
            await app.verify([f"Bearer {identity.token(AUDIENCE)}"])


async def test_a_token_is_used_for_most_of_its_life() -> None:
    clock = ManualClock()
    identity = ManagedIdentity(clock)
    first = identity.token(AUDIENCE)
    assert unverified_claims(first)["exp"] == clock.now + 3600
    await clock.advance(3299)
    assert identity.token(AUDIENCE) == first
    await clock.advance(1)
    second = identity.token(AUDIENCE)
    assert unverified_claims(second)["exp"] == clock.now + 3600
    assert read_key_id(first) == read_key_id(second)


async def test_tokens_for_many_resources_are_not_kept_forever() -> None:
    clock = ManualClock()
    identity = ManagedIdentity(clock)
    tokens = [identity.token(f"api://{number}") for number in range(150)]
    assert len(set(tokens)) == 150
    await clock.advance(1)
    assert identity.token("api://0") != tokens[0]
    assert identity.token("api://149") == tokens[149]


def test_it_publishes_what_entra_does_for_both_versions_of_tokens() -> None:
    identity, base = ManagedIdentity(ManualClock()), "http://127.0.0.1:8888"
    paths = {
        f"/{DEVELOPMENT_TENANT}/.well-known/openid-configuration": f"https://sts.windows.net/{DEVELOPMENT_TENANT}/",
        f"/{DEVELOPMENT_TENANT}/v2.0/.well-known/openid-configuration": f"{base}/{DEVELOPMENT_TENANT}/v2.0",
    }
    for path, issuer in paths.items():
        document = identity.document(path, base)
        assert document is not None
        assert document["issuer"] == issuer
        keys = identity.document(document["jwks_uri"].removeprefix(base), base) or {}
        assert {name: type(value) for name, value in keys["keys"][0].items()} == dict.fromkeys(
            ("e", "kty", "n", "use", "alg", "kid"), str
        )


@pytest.mark.parametrize("path", ["", "/", "/.well-known/openid-configuration", f"/{DEVELOPMENT_TENANT}/", "/x/v2.0"])
def test_nothing_is_anywhere_else(path: str) -> None:
    assert ManagedIdentity(ManualClock()).document(path, "http://127.0.0.1") is None
