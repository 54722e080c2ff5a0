"""Who sent an event, and for whom: what is proof, and what only looks like it."""

from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import Header
from jose import jwt

from serverless_hub import Negotiation, RateLimit, ServerlessHub, requires
from tests.conformance.upstream import WEBHOOK, Answer, Upstream, call, posting
from tests.support.clock import ManualClock

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
            changed = {"x_asrs_connection_id": connection, "x_asrs_user_id": "ann"}
            return await upstream.post("whoami", call("whoami"), **changed)

        assert [(await message(connection)).status for connection in ("c1", "c1", "c2", "c3")] == [200, 429, 200, 200]
        assert (await message("c4")).status == 429
        for _ in range(5):
            assert (await upstream.connect(x_asrs_user_id="ann")).status == 200
            assert (await upstream.disconnect(x_asrs_user_id="ann")).status == 200
        clock.now += 1
        assert (await message("c1")).status == 200
