"""Negotiate: where clients are sent, and with what."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from jose import jwt

from serverless_hub import ConnectionRejected, EmbeddedService, HubRouter, Negotiation, ServerlessHub
from serverless_hub.bindings import SignalRConnectionInfo
from tests.conformance.upstream import KEY, Answer, Upstream, running
from tests.support.client import connected
from tests.support.clock import ManualClock
from tests.support.server import serving


class Inviting(ServerlessHub):
    async def invite(self, name: str) -> SignalRConnectionInfo:
        return await self.negotiate(Negotiation(user_id=name))


class Chat(ServerlessHub):
    async def claims(self) -> dict[str, list[str]]:
        claims = self.context.claims
        return {name: list(claims.all(name)) for name in claims}


@asynccontextmanager
async def door(who: Any = None, **options: Any) -> AsyncGenerator[Upstream]:
    """Yield the way to an app whose negotiate says `who`: a `Negotiation`, or an exception to raise."""

    async def dependency() -> Any:
        if isinstance(who, Exception):
            raise who
        return who

    app = FastAPI()
    service = EmbeddedService(access_key=KEY)
    negotiate = None if who is None else dependency
    HubRouter(Chat, negotiate=negotiate, default_service=service, clock=ManualClock(), **options).install(app)
    async with app.router.lifespan_context(app):
        yield Upstream(app)


async def ask(upstream: Upstream, path: str = "/chat/negotiate?negotiateVersion=1") -> Answer:
    return await upstream.request("POST", path, [])


async def claims_for(who: Negotiation | None) -> dict[str, Any]:
    """Return what stands in the token."""
    async with door(who) as upstream:
        return read((await ask(upstream)).json["accessToken"])


def read(token: str) -> dict[str, Any]:
    """Verify the signature of a token, and return its claims."""
    return jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_aud": False, "verify_exp": False})


@pytest.mark.requirement("negotiate.route")
@pytest.mark.parametrize("path", ["/live/chat/negotiate", "/live/Chat/negotiate", "/live/CHAT/negotiate?a=b"])
async def test_every_hub_has_its_negotiate_whatever_the_case(path: str) -> None:
    async with door(prefix="/live") as upstream:
        assert (await ask(upstream, path)).status == 200
        assert (await ask(upstream, "/live/cats/negotiate")).status == 404


@pytest.mark.requirement("negotiate.answer", "negotiate.url")
async def test_the_answer_is_url_and_token_and_nothing_else() -> None:
    async with door() as upstream:
        answer = (await ask(upstream)).json
    assert list(answer) == ["url", "accessToken"]
    assert answer["url"] == "http://localhost/_signalr/client/?hub=chat"


@pytest.mark.requirement("negotiate.token", "negotiate.lifetime")
async def test_a_token_is_signed_with_the_access_key_for_its_url_and_an_hour() -> None:
    async with door() as upstream:
        answer = (await ask(upstream)).json
    assert jwt.get_unverified_header(answer["accessToken"]) == {"alg": "HS256", "typ": "JWT"}
    now = int(ManualClock().time())
    claims = read(answer["accessToken"])
    assert [claims[name] for name in ("aud", "nbf", "iat", "exp")] == [answer["url"], now, now, now + 3600]


@pytest.mark.requirement("negotiate.lifetime")
async def test_the_lifetime_is_what_the_app_says_if_it_is_positive() -> None:
    claims = await claims_for(Negotiation(lifetime=timedelta(minutes=5)))
    assert claims["exp"] - claims["iat"] == 300
    for lifetime in (timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="must be positive"):
            Negotiation(lifetime=lifetime)


@pytest.mark.requirement("negotiate.token.too-long")
async def test_a_token_that_no_service_takes_is_not_given_out(caplog: pytest.LogCaptureFixture) -> None:
    async with door(Negotiation(claims={"long": "x" * 4096})) as upstream:
        answer = await ask(upstream)
    assert answer.status == 500
    assert b"accessToken" not in answer.body
    assert "cannot negotiate" in caplog.text
    assert "4096" in caplog.text


@pytest.mark.requirement("negotiate.user-id")
async def test_the_user_id_is_a_claim_of_the_service() -> None:
    assert (await claims_for(Negotiation(user_id="ann")))["asrs.s.uid"] == "ann"
    for anonymous in (Negotiation(), None):
        assert "asrs.s.uid" not in await claims_for(anonymous)


@pytest.mark.requirement("negotiate.claims.renamed", "negotiate.claims.system")
async def test_claims_travel_under_other_names_and_come_back_under_their_own() -> None:
    given = {"iss": "app", "nonce": "n", "role": ["a", "b"]}
    options = {"detailed_errors": True, "diagnostic_client": True}
    negotiation = Negotiation(user_id="ann", claims=given, **options)  # type: ignore[arg-type]  # only booleans
    claims = await claims_for(negotiation)
    assert [claims[name] for name in ("asrs.u.iss", "asrs.u.nonce", "role")] == ["app", "n", ["a", "b"]]
    assert claims.keys().isdisjoint({"iss", "nonce"})

    async def who() -> Negotiation:
        return negotiation

    app = FastAPI()
    HubRouter(Chat, negotiate=who, default_service=EmbeddedService()).install(app)
    async with serving(app) as url, connected(url) as client:
        seen = client.result_of(await client.invoke("claims"))
    assert seen == {"iss": ["app"], "nonce": ["n"], "role": ["a", "b"]}


@pytest.mark.requirement("negotiate.claims.system")
@pytest.mark.parametrize("name", ["asrs.s.uid", "asrs.u.iss", "asrs.x"])
def test_claims_with_names_of_the_service_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="belong to the service"):
        Negotiation(claims={name: "x"})


@pytest.mark.requirement("negotiate.options")
async def test_options_are_claims_of_the_service() -> None:
    claims = await claims_for(
        Negotiation(detailed_errors=True, diagnostic_client=True, close_on_authentication_expiration=True)
    )
    chosen = {name: value for name, value in claims.items() if name.startswith("asrs.s.")}
    expires = str(claims["exp"])
    assert chosen == {"asrs.s.derror": "True", "asrs.s.dc": "true", "asrs.s.coae": "true", "asrs.s.aeo": expires}
    assert not [name for name in await claims_for(Negotiation()) if name.startswith("asrs.s.")]


@pytest.mark.requirement("negotiate.refused")
async def test_what_the_app_raises_is_the_answer() -> None:
    async with door(HTTPException(403, "Members only.", {"X-Reason": "club"})) as upstream:
        answer = await ask(upstream)
    assert (answer.status, answer.json, answer.headers["x-reason"]) == (403, {"detail": "Members only."}, "club")


@pytest.mark.requirement("negotiate.refused")
async def test_a_client_that_is_rejected_reads_why() -> None:
    async with door(ConnectionRejected("Members only.")) as upstream:
        answer = await ask(upstream)
    assert (answer.status, answer.json) == (200, {"error": "Members only."})


@pytest.mark.requirement("negotiate.cors")
async def test_pages_of_the_allowed_origins_negotiate_with_credentials_and_no_others() -> None:
    allowed = "https://www.example.com"
    async with door(allowed_origins=[allowed]) as upstream:
        for origin, granted in ((allowed, allowed), ("https://www.example.org", None), ("null", None)):
            page = [("Origin", origin)]
            asked = [*page, ("Access-Control-Request-Method", "POST")]
            for method, more in (("POST", page), ("OPTIONS", asked)):
                answer = await upstream.request(method, "/chat/negotiate", more)
                assert answer.headers.get("access-control-allow-origin") == granted
                credentials = answer.headers.get("access-control-allow-credentials")
                assert credentials == ("true" if granted else None)


@pytest.mark.requirement("class-model.negotiate")
async def test_a_hub_negotiates_for_a_client_that_asks_in_a_way_of_its_own() -> None:
    service = EmbeddedService(access_key=KEY, public_url="https://chat.example.com")
    async with running(HubRouter(Inviting, default_service=service)) as upstream:
        info = (await upstream.invoke("invite", "ben", x_asrs_hub="inviting"))["result"]
    assert info["url"] == "https://chat.example.com/_signalr/client/?hub=inviting"
    assert read(info["accessToken"])["asrs.s.uid"] == "ben"


@pytest.mark.requirement("negotiate.no-store")
async def test_no_cache_may_keep_the_answer() -> None:
    async with door() as upstream:
        assert (await ask(upstream)).headers["cache-control"] == "no-store"


@pytest.mark.requirement("negotiate.transports")
async def test_chosen_transports_are_bits_of_a_claim_and_none_at_all_is_an_error() -> None:
    assert (await claims_for(Negotiation(transports=["WebSockets", "LongPolling"])))["asrs.s.htt"] == "5"
    assert "asrs.s.htt" not in await claims_for(Negotiation())
    with pytest.raises(ValueError, match="must not be empty"):
        Negotiation(transports=[])


@pytest.mark.requirement("negotiate.refresh")
async def test_a_client_that_asks_for_a_refresh_of_its_authentication_learns_that_there_is_none() -> None:
    async with door(Negotiation(user_id="ann", close_on_authentication_expiration=True)) as upstream:
        answer = (await ask(upstream)).json
        assert "tokenLifetimeSeconds" not in answer
        bearer = [("Authorization", f"Bearer {answer['accessToken']}")]
        for path in ("/chat/refresh?id=x", "/_signalr/client/refresh?hub=chat&id=x"):
            assert (await upstream.request("POST", path, bearer)).status == 404
