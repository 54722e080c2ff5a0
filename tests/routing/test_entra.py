"""Entra tokens against a real provider on loopback: which pass, and how often it is asked for keys."""

import asyncio
import hmac
import json
import logging
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from serverless_hub.errors import TokenError
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.routing.entra import EntraVerifier
from tests.support.clock import ManualClock, settle
from tests.support.entra import CLIENT, OBJECT, TENANT, Issuer, SigningKey, assemble, issuing

OTHER = "99999999-2222-4333-8444-555555555555"
FIRST, SECOND, THIRD = SigningKey("first"), SigningKey("second"), SigningKey("third")


@dataclass
class Bench:
    """A verifier whose provider is on loopback, and whose time stands still."""

    issuer: Issuer
    clock: ManualClock
    verifier: EntraVerifier

    def claims(self, **changed: Any) -> dict[str, Any]:
        good: dict[str, Any] = {
            "iss": f"https://sts.windows.net/{TENANT}/",
            "tid": TENANT,
            "aud": "api://chat",
            "oid": OBJECT,
            "appid": CLIENT,
            "ver": "1.0",
            "nbf": self.clock.now,
            "exp": self.clock.now + 30 * 24 * 3600,
        }
        return good | changed

    async def verify(self, token: str) -> None:
        await self.verifier.verify([f"Bearer {token}"])

    async def accepts(self, signing: SigningKey = FIRST, **changed: Any) -> bool:
        try:
            await self.verify(signing.token(self.claims(**changed)))
        except TokenError:
            return False
        return True


@asynccontextmanager
async def bench(**settings: Any) -> AsyncGenerator[Bench]:
    async with issuing() as issuer:
        http, clock = HttpClient(), ManualClock()
        given: dict[str, Any] = {
            "tenant_id": TENANT,
            "audience": "api://chat",
            "callers": [OBJECT],
            "authority": issuer.url,
        }
        verifier = EntraVerifier(EntraAuthentication(**given | settings), http, clock)
        await http.open()
        try:
            yield Bench(issuer, clock, verifier)
        finally:
            await verifier.close()
            await http.close()


def at_once() -> asyncio.Timeout:
    """Limit what must not wait until the HTTP client's own five seconds are over."""
    return asyncio.timeout(3)


async def test_a_token_of_the_managed_identity_passes() -> None:
    async with bench() as b:
        await b.verifier.open()
        assert await b.accepts()
        assert await b.accepts(iss=f"{b.issuer.url}/{TENANT}/v2.0", ver="2.0")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    async with bench() as b:
        await b.verifier.verify([f" {scheme} {FIRST.token(b.claims())} "])


async def test_the_header_has_to_come_exactly_once() -> None:
    async with bench() as b:
        value = f"Bearer {FIRST.token(b.claims())}"
        for values in ([], [value, value], [value, "Basic YTpi"], [f"{value}, {value}"]):
            with pytest.raises(TokenError):
                await b.verifier.verify(values)


@pytest.mark.parametrize("prefix", ["", "Basic ", "Bearer\t", "Bearer", "Token ", "Bearer: "])
async def test_another_scheme_is_refused(prefix: str) -> None:
    async with bench() as b:
        with pytest.raises(TokenError):
            await b.verifier.verify([f"{prefix}{FIRST.token(b.claims())}"])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": f"https://sts.windows.net/{OTHER}/", "tid": OTHER},
        {"iss": f"https://sts.windows.net/{OTHER}/"},
        {"tid": OTHER},
        {"aud": "https://management.azure.com/"},
        {"oid": OTHER},
        {"oid": OTHER, "sub": OBJECT, "azp": OBJECT},
        {"scp": "user_impersonation"},
        {"exp": 1},
        {"exp": math.inf},
        {"exp": [2_000_000_000]},
        {"exp": 10**400},
        {"nbf": 2_000_000_000},
    ],
)
async def test_a_token_signed_by_the_provider_for_anything_else_is_refused(changed: dict[str, Any]) -> None:
    async with bench() as b:
        assert await b.accepts()
        assert not await b.accepts(**changed)


async def test_a_token_that_the_provider_has_not_signed_is_refused() -> None:
    async with bench() as b:
        payload = json.dumps(b.claims()).encode()
        forged = [
            SECOND.token(b.claims(), kid="first"),
            assemble({"alg": "none", "kid": "first"}, payload, lambda _: b""),
            assemble({"alg": "none", "kid": "first"}, payload, FIRST.sign),
            assemble({"alg": "RS256", "kid": "first"}, payload, lambda _: b""),
            FIRST.token(b.claims(), crit=["exp"]),
            FIRST.token(b.claims(padding="x" * 8192)),
        ]
        for secret in (FIRST.pem(), json.dumps(FIRST.jwk()).encode(), FIRST.jwk()["n"].encode()):
            sign = partial(hmac.digest, secret, digest="sha256")
            forged += [assemble({"alg": algorithm, "kid": "first"}, payload, sign) for algorithm in ("HS256", "RS256")]
        for token in forged:
            with pytest.raises(TokenError) as refusal:
                await b.verify(token)
            assert token[:20] not in str(refusal.value)
        assert await b.accepts()


async def test_keys_are_fetched_once_and_then_again_after_a_day() -> None:
    async with bench() as b:
        await b.verifier.open()
        for _ in range(5):
            assert await b.accepts()
        await b.clock.advance(24 * 3600 - 1)
        assert await b.accepts()
        assert b.issuer.fetches == 1
        await b.clock.advance(1)
        assert await b.accepts()
        assert b.issuer.fetches == 2


async def test_a_withdrawn_key_is_refused_after_a_day() -> None:
    async with bench() as b:
        assert await b.accepts()
        b.issuer.keys = [SECOND.jwk()]
        await b.clock.advance(24 * 3600)
        assert not await b.accepts()
        assert await b.accepts(SECOND)


async def test_an_unknown_key_is_looked_for_after_five_minutes() -> None:
    async with bench() as b:
        await b.verifier.open()
        b.issuer.keys.append(SECOND.jwk())
        for seconds in (0, 299):
            await b.clock.advance(seconds)
            assert not await b.accepts(SECOND)
        await b.clock.advance(1)
        assert await b.accepts(SECOND)
        assert b.issuer.fetches == 2


async def test_a_flood_of_unknown_keys_asks_the_provider_once_in_five_minutes() -> None:
    async with bench() as b:
        await b.verifier.open()
        for expected in (2, 3):
            await b.clock.advance(300)
            tokens = [FIRST.token(b.claims(), kid=f"unknown-{number}") for number in range(50)]
            for _ in range(2):
                results = await asyncio.gather(*map(b.verify, tokens), return_exceptions=True)
                assert all(isinstance(result, TokenError) for result in results)
            assert b.issuer.fetches == expected
        assert await b.accepts()


async def test_those_who_wait_for_keys_share_one_fetch() -> None:
    async with bench() as b:
        b.issuer.release.clear()
        waiting = [asyncio.create_task(b.accepts()) for _ in range(20)]
        await b.issuer.asked()
        b.issuer.release.set()
        assert await asyncio.gather(*waiting) == [True] * 20
        assert b.issuer.fetches == 1


async def test_one_who_is_cancelled_does_not_take_the_keys_from_the_others() -> None:
    async with bench() as b:
        b.issuer.release.clear()
        first, second = (asyncio.create_task(b.accepts()) for _ in range(2))
        await b.issuer.asked()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        b.issuer.release.set()
        assert await second
        assert b.issuer.fetches == 1


async def test_a_fetch_goes_on_when_all_who_waited_are_cancelled() -> None:
    async with bench() as b:
        b.issuer.release.clear()
        waiting = asyncio.create_task(b.accepts())
        await b.issuer.asked()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        b.issuer.release.set()
        assert await b.accepts()
        assert b.issuer.fetches == 1


def status(code: int) -> web.Response:
    return web.Response(status=code, headers={"Location": "/elsewhere"}, body=json.dumps({"keys": [SECOND.jwk()]}))


BAD_ANSWERS = {
    "an error": lambda: status(500),
    "a refusal": lambda: status(401),
    "a redirect": lambda: status(302),
    "no content": lambda: web.Response(status=204),
    "garbage": lambda: web.Response(body=b"\xff<html>"),
    "no keys": lambda: web.json_response({"keys": []}),
    "a list": lambda: web.json_response([SECOND.jwk()]),
    "other keys": lambda: web.json_response({"keys": [SECOND.jwk(use="enc")]}),
    "too much": lambda: web.Response(body=json.dumps({"keys": [SECOND.jwk()], "padding": "x" * 262_144}).encode()),
}
bad_answers = pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())


@bad_answers
async def test_without_any_keys_everything_is_refused_until_there_are_some(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench() as b:
        b.issuer.instead = answer
        await b.verifier.open()
        for _ in range(3):
            with pytest.raises(TokenError, match="could not be fetched; the log says why"):
                await b.verify(FIRST.token(b.claims()))
        [record] = [record for record in caplog.records if record.name == "serverless_hub.routing"]
        assert record.levelno == logging.ERROR
        assert f"tenant {TENANT} from {b.issuer.url}, so upstream calls are refused: " in record.getMessage()
        b.issuer.instead = None
        await b.clock.advance(29)
        assert not await b.accepts()
        await b.clock.advance(1)
        assert await b.accepts()
        assert b.issuer.fetches == 2
        assert not any("elsewhere" in path for path in b.issuer.requests)


@bad_answers
async def test_a_failed_fetch_keeps_the_keys_and_takes_no_new_ones(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench() as b:
        assert await b.accepts()
        b.issuer.instead = answer
        await b.clock.advance(24 * 3600)
        assert await b.accepts()
        assert not await b.accepts(SECOND)
        assert b.issuer.fetches == 2
        assert [r.getMessage() for r in caplog.records if "so the known ones stay in use: " in r.getMessage()]


async def test_keys_that_could_not_be_renewed_for_a_week_are_no_longer_believed() -> None:
    async with bench() as b:
        assert await b.accepts()
        b.issuer.instead = lambda: status(500)
        await b.clock.advance(7 * 24 * 3600 - 1)
        assert await b.accepts()
        await b.clock.advance(1)
        assert not await b.accepts()
        b.issuer.instead = None
        await b.clock.advance(30)
        assert await b.accepts()


async def test_a_provider_that_does_not_answer_is_given_five_seconds(caplog: pytest.LogCaptureFixture) -> None:
    async with bench() as b:
        b.issuer.release.clear()
        waiting = asyncio.create_task(b.accepts())
        await b.issuer.asked()
        await b.clock.advance(4.9)
        assert not waiting.done()
        await b.clock.advance(0.1)
        async with at_once():
            assert not await waiting
        assert "no answer within 5 seconds" in caplog.text
        b.issuer.release.set()


async def test_a_provider_that_is_not_there_refuses_everybody(caplog: pytest.LogCaptureFixture) -> None:
    async with bench(authority="http://127.0.0.1:1") as b:
        await b.verifier.open()
        assert not await b.accepts()
        assert "upstream calls are refused: GET http://127.0.0.1:1/" in caplog.text


@pytest.mark.parametrize("url", ["https://evil.example/keys", "http://evil.example/keys", "file:///keys", None])
async def test_metadata_that_names_keys_elsewhere_is_not_followed(
    url: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench() as b:
        b.issuer.metadata = {"jwks_uri": url}
        assert not await b.accepts()
        assert b.issuer.fetches == 0
        assert "so upstream calls are refused: the metadata " in caplog.text


async def test_keys_may_come_from_a_listed_origin() -> None:
    async with issuing() as other, bench(key_origins=other.url) as b:
        b.issuer.metadata = {"jwks_uri": f"{other.url}/{TENANT}/discovery/v2.0/keys"}
        other.keys = [THIRD.jwk()]
        assert await b.accepts(THIRD)
        assert (b.issuer.fetches, other.fetches) == (0, 1)


async def test_neither_log_nor_refusal_shows_anything_of_a_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench() as b:
        b.issuer.instead = lambda: status(500)
        tokens = [FIRST.token(b.claims()), FIRST.token(b.claims(), kid="unknown")]
        for token in tokens:
            with pytest.raises(TokenError) as refusal:
                await b.verify(token)
            for part in token.split("."):
                assert part not in str(refusal.value)
                assert part not in caplog.text


async def test_closing_gives_up_a_fetch_and_lets_those_who_wait_go() -> None:
    async with bench() as b:
        b.issuer.release.clear()
        waiting = asyncio.create_task(b.accepts())
        await b.issuer.asked()
        async with at_once():
            await b.verifier.close()
            assert not await waiting
            await b.verifier.close()
        b.issuer.release.set()
        await settle()


async def test_a_verifier_whose_client_is_not_open_refuses_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    given = EntraAuthentication(tenant_id=TENANT, audience="api://chat", callers=OBJECT)
    verifier = EntraVerifier(given, HttpClient(), ManualClock())
    with pytest.raises(TokenError):
        await verifier.verify([f"Bearer {FIRST.token({})}"])
    assert "the HTTP client is not open" in caplog.text
