"""Who sent an event, and for whom: what is proof, and what only looks like it."""

import time
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import Header
from jose import jwt

from serverless_hub import (
    ConfigurationError,
    EntraAuthentication,
    HubRouter,
    Negotiation,
    RateLimit,
    ServerlessHub,
    requires,
)
from tests.conformance.upstream import KEY, WEBHOOK, Answer, Upstream, call, posting, running
from tests.support.clock import ManualClock
from tests.support.entra import OBJECT, TENANT, Issuer, SigningKey, issuing

CODE = "0123456789abcdef-of-the-tests"


class Chat(ServerlessHub):
    async def whoami(self) -> Any:
        identity = self.context.identity
        return None if identity is None else [identity.user_id, identity.claims]

    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"


class News(ServerlessHub): ...


async def who(name: Annotated[str, Header()]) -> Negotiation:
    return Negotiation(
        user_id=name,
        claims={"role": ["admin", "a, role: b"], "level": 3},
        lifetime=timedelta(minutes=1),
        close_on_authentication_expiration=name == "brief",
    )


async def seal(upstream: Upstream, name: str = "ann", hub: str = "chat") -> str:
    """Negotiate, and return the claim that our own negotiate has put into the token."""
    answer = await upstream.request("POST", f"/{hub}/negotiate", [("Name", name)])
    claims = jwt.get_unverified_claims(answer.json["accessToken"])
    own = claims.keys() - {"aud", "exp", "iat", "nbf", "role", "level", "asrs.s.uid", "asrs.s.coae", "asrs.s.aeo"}
    (claim,) = own
    return f"{claim}: {claims[claim]}"


@pytest.mark.requirement("upstream-security.code")
@pytest.mark.parametrize("query", ["", "?code=", "?code=wrong", f"?code={CODE}x", f"?code=wrong&code={CODE}"])
async def test_a_code_has_to_be_right_besides_the_signature(query: str) -> None:
    async with posting(Chat, upstream_code=CODE) as upstream:

        async def status(query: str, **changed: Any) -> int:
            return (await upstream.post("whoami", call("whoami"), path=WEBHOOK + query, **changed)).status

        assert await status(f"?code={CODE}") == 200
        assert await status(f"?code={CODE}", x_asrs_signature="sha256=00") == 401
        assert await status(query) == 401


@pytest.mark.requirement("signature.fail-closed")
async def test_an_endpoint_without_a_key_needs_another_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureSignalRConnectionString", "Endpoint=https://a.service.signalr.net;AuthType=azure")
    with pytest.raises(ConfigurationError, match="without access key cannot sign"):
        async with running(HubRouter(Chat)):
            pass
    async with running(HubRouter(Chat, upstream_code=CODE)) as upstream:
        for query, status in ((f"?code={CODE}", 200), ("", 401), ("?code=wrong", 401)):
            answer = await upstream.post("whoami", call("whoami"), path=WEBHOOK + query, x_asrs_signature=None)
            assert answer.status == status


@pytest.fixture
def remote_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let events come from elsewhere: a service in the app's own process has no Entra identity."""
    connection_string = f"Endpoint=https://a.service.signalr.net;AccessKey={KEY}"
    monkeypatch.setenv("AzureSignalRConnectionString", connection_string)


def entra_token(issuer: Issuer, key: SigningKey | None = None, **changed: Any) -> str:
    """Return a token with other claims, whose header says that its key is to be found elsewhere."""
    now = int(time.time())
    names = {"iss": f"{issuer.url}/{TENANT}/v2.0", "aud": "api://chat", "tid": TENANT, "oid": OBJECT, "ver": "2.0"}
    claims = {**names, "nbf": now, "exp": now + 3600, **changed}
    return (key or SigningKey()).token(claims, jku="https://example.com/keys")


def entra(issuer: Issuer) -> EntraAuthentication:
    return EntraAuthentication(tenant_id=TENANT, audience="api://chat", callers=OBJECT, authority=issuer.url)


async def status_with(upstream: Upstream, token: str | None, **changed: Any) -> int:
    bearer = None if token is None else f"Bearer {token}"
    return (await upstream.post("whoami", call("whoami"), authorization=bearer, **changed)).status


@pytest.mark.requirement("upstream-security.entra.token")
@pytest.mark.usefixtures("remote_service")
async def test_the_token_of_an_allowed_caller_is_needed_besides_the_signature() -> None:
    other = "dddddddd-0000-4000-8000-000000000009"
    async with issuing() as issuer, running(HubRouter(Chat, entra=entra(issuer))) as upstream:
        good = entra_token(issuer)
        assert await status_with(upstream, good) == 200
        assert await status_with(upstream, good, x_asrs_signature="sha256=00") == 401
        assert await status_with(upstream, None) == 401
        wrong: dict[str, Any] = {
            "aud": "api://other",
            "iss": "https://example.com",
            "tid": other,
            "oid": other,
            "exp": 1,
        }
        for name, value in wrong.items():
            assert await status_with(upstream, entra_token(issuer, **{name: value})) == 401, name
        by_secret = jwt.encode(jwt.get_unverified_claims(good), "secret", headers={"kid": SigningKey().key_id})
        assert await status_with(upstream, by_secret) == 401


@pytest.mark.requirement("upstream-security.entra.keys")
@pytest.mark.usefixtures("remote_service")
async def test_keys_come_from_the_tenant_and_are_asked_for_once_in_five_minutes() -> None:
    clock = ManualClock(time.time())
    rolled = SigningKey("rolled")
    async with issuing() as issuer, running(HubRouter(Chat, entra=entra(issuer), clock=clock)) as upstream:
        token = entra_token(issuer, rolled)
        assert [await status_with(upstream, token), issuer.fetches] == [401, 1]
        issuer.keys.append(rolled.jwk())
        clock.now += 299
        assert [await status_with(upstream, token), issuer.fetches] == [401, 1]
        clock.now += 2
        assert [await status_with(upstream, token), issuer.fetches] == [200, 2]


@pytest.mark.requirement("upstream-security.identity")
async def test_what_negotiate_said_is_there_in_every_event_with_its_types() -> None:
    async with posting(Chat, negotiate=who) as upstream:
        claims = await seal(upstream)
        answer = await upstream.invoke("whoami", x_asrs_user_claims=claims)
        assert answer == {"result": ["ann", {"role": ["admin", "a, role: b"], "level": 3}]}
        assert await upstream.invoke("whoami", x_asrs_user_id="ann") == {"result": None}


@pytest.mark.requirement("upstream-security.claims")
async def test_only_the_verified_identity_lets_anybody_in() -> None:
    async with posting(Chat, negotiate=who) as upstream:
        refused = {"error": "You are not allowed to do this."}
        assert await upstream.invoke("ban") == refused
        assert await upstream.invoke("ban", x_asrs_user_id="ann", x_asrs_user_claims="role: admin") == refused
        assert await upstream.invoke("ban", x_asrs_user_claims=await seal(upstream)) == {"result": "banned"}
    async with posting(Chat, trust_raw_claims=True) as upstream:
        assert await upstream.invoke("ban", x_asrs_user_claims="role: admin") == {"result": "banned"}


@pytest.mark.requirement("upstream-security.identity.forged")
async def test_a_seal_that_was_tampered_with_proves_nothing() -> None:
    clock = ManualClock()
    async with posting(Chat, News, negotiate=who, clock=clock) as upstream:
        own, other, brief = [await seal(upstream, name) for name in ("ann", "ben", "brief")]
        elsewhere = await seal(upstream, hub="news")
        changed = own[:-9] + own[-9:].swapcase()

        async def identity(claims: str) -> Any:
            return (await upstream.invoke("whoami", x_asrs_user_claims=claims))["result"]

        for claims in (own, brief, f"{own}, {own}"):
            assert await identity(claims) is not None
        for claims in (changed, f"{own}x", elsewhere, f"{own}, {other}"):
            assert await identity(claims) is None
        clock.now += 61
        assert await identity(own) is not None  # The connection outlives the token.
        assert await identity(brief) is None


@pytest.mark.requirement("upstream-security.rate-limit")
async def test_messages_beyond_the_rate_are_429_and_connection_events_never() -> None:
    clock = ManualClock()
    one, three = RateLimit(per_second=1, burst=1), RateLimit(per_second=1, burst=3)
    async with posting(Chat, rate_limit=one, user_rate_limit=three, clock=clock) as upstream:

        async def message(connection: str) -> Answer:
            return await upstream.post("whoami", call("whoami"), x_asrs_connection_id=connection, x_asrs_user_id="ann")

        assert [(await message(connection)).status for connection in ("c1", "c1", "c2", "c3")] == [200, 429, 200, 200]
        assert (await message("c4")).status == 429
        for _ in range(5):
            assert (await upstream.connect(x_asrs_user_id="ann")).status == 200
            assert (await upstream.disconnect(x_asrs_user_id="ann")).status == 200
        clock.now += 1
        assert (await message("c1")).status == 200
