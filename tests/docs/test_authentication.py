"""Claims of `how-to/authentication.md`."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jose import jwt

from examples.snippets import bearer, login
from serverless_hub.protocol.messages import Close, Invocation
from tests.support.client import connected
from tests.support.server import serving

ANN = {"user": "ann", "password": "correct horse"}
BEN = {"user": "ben", "password": "battery staple"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    login.sessions.clear()


async def signed_in(url: str, credentials: dict[str, str]) -> str:
    """Return the cookie of somebody who has signed in."""
    async with aiohttp.ClientSession() as session, session.post(f"{url}/sign-in", json=credentials) as answer:
        assert answer.status == 204, await answer.text()
        attributes = answer.headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "Secure", "Max-Age=43200", "SameSite=lax", "Path=/"} < set(attributes)
        return attributes[0]


async def refusal(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("credentials", [{"user": "ann", "password": "wrong"}, {"user": "eve", "password": "x"}])
async def test_who_does_not_know_the_password_gets_no_cookie(credentials: dict[str, str]) -> None:
    async with (
        serving(login.app) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/sign-in", json=credentials) as answer,
    ):
        assert (answer.status, await answer.json()) == (401, {"detail": "wrong name or password"})
        assert "Set-Cookie" not in answer.headers


async def test_people_have_the_roles_of_their_accounts() -> None:
    async with serving(login.app) as url:
        assert await refusal(f"{url}/forum/negotiate") == 401
        ann, ben = await signed_in(url, ANN), await signed_in(url, BEN)
        async with connected(url, "forum", Cookie=ann) as moderator, connected(url, "forum", Cookie=ben) as member:
            await member.send(Invocation("write", ("hello",)))
            assert await moderator.call_of("written") == ["ben", "hello"]
            assert (await member.invoke("erase")).error == "You are not allowed to do this."
            await moderator.send(Invocation("erase", ()))
            assert await member.call_of("erased") == []


async def test_the_store_has_no_cookie_and_no_password_in_it() -> None:
    async with serving(login.app) as url:
        cookie = (await signed_in(url, ANN)).partition("=")[2]
    assert cookie not in repr(login.sessions)
    assert ANN["password"] not in repr(login.accounts)


async def test_signing_out_closes_the_connections_and_the_cookie_is_worth_nothing() -> None:
    async with serving(login.app) as url:
        cookie = await signed_in(url, ANN)
        async with connected(url, "forum", Cookie=cookie) as ann:
            assert await refusal(f"{url}/sign-out", Cookie=cookie) == 204
            closed = await ann.receive()
        assert closed == Close("signed out", allow_reconnect=True)
        assert await refusal(f"{url}/forum/negotiate", Cookie=cookie) == 401


async def test_an_old_session_is_none_and_a_connection_ends_with_its_session() -> None:
    key = login.key_of("old")
    login.sessions[key] = login.Session("ann", datetime.now(UTC) - timedelta(seconds=1))
    async with serving(login.app) as url:
        assert await refusal(f"{url}/forum/negotiate", Cookie="session=old") == 401
        login.sessions[key] = login.Session("ann", datetime.now(UTC) + timedelta(seconds=1))
        async with connected(url, "forum", Cookie="session=old") as ann:
            closed = await ann.receive()
    assert isinstance(closed, Close)
    assert closed.error == "The authentication has expired."


async def test_a_token_of_the_provider_lets_in_and_any_other_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    public = keys[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    monkeypatch.setenv("PROVIDER_KEY", public.decode())
    good = {"sub": "ann", "aud": "forum", "iss": "https://login.example.com", "exp": int(time.time()) + 60}

    def token(number: int = 0, **claims: object) -> str:
        private = keys[number].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return str(jwt.encode(good | claims, private.decode(), algorithm="RS256"))

    forged = [token(1), token(aud="shop"), token(iss="https://example.com"), token(exp=1), "no token"]
    async with serving(bearer.app) as url:
        async with connected(url, "forum", Authorization=f"Bearer {token()}") as ann:
            assert ann.result_of(await ann.invoke("whoami")) == "ann"
        statuses = [await refusal(f"{url}/forum/negotiate", Authorization=f"Bearer {each}") for each in forged]
    assert statuses == [401] * len(forged)
