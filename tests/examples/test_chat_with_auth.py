"""The chat with a login: who comes in, who may do what, and what ends a session."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from examples.chat_with_auth.security import is_password, new_token, read_token
from serverless_hub.protocol.messages import Close
from tests.support.cheap_passwords import use_cheap_passwords
from tests.support.client import Client, connected, negotiate, websocket_url
from tests.support.example import load_example
from tests.support.server import serving

_PASSWORD = "correct horse"
_ADMIN = "keeper of order"
_NOT_ALLOWED = "You are not allowed to do this."


@dataclass
class Door:
    """The HTTP side of the example."""

    url: str
    http: aiohttp.ClientSession

    async def post(self, path: str, name: str, password: str = _PASSWORD, **headers: str) -> tuple[int, str]:
        """Return the status and the cookie, or the text where there is none."""
        form = {"username": name, "password": password}
        async with self.http.post(self.url + path, data=form, headers=headers) as response:
            cookie = response.headers.get("Set-Cookie", "").partition(";")[0]
            return response.status, cookie or await response.text()

    async def register(self, name: str) -> str:
        status, cookie = await self.post("/register", name)
        assert status == 201
        return cookie

    async def admin(self) -> str:
        status, cookie = await self.post("/token", "admin", _ADMIN)
        assert status == 200
        return cookie

    async def status(self, cookie: str, path: str = "/me", method: str = "GET", **headers: str) -> int:
        async with self.http.request(method, self.url + path, headers={"Cookie": cookie, **headers}) as response:
            return response.status

    def enter(self, cookie: str) -> AbstractAsyncContextManager[Client]:
        return connected(self.url, Cookie=cookie)


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_DATABASE", f"sqlite:///{tmp_path / 'chat.db'}")
    monkeypatch.setenv("CHAT_ADMIN_PASSWORD", _ADMIN)
    monkeypatch.delenv("CHAT_SECRET", raising=False)
    use_cheap_passwords(monkeypatch)
    load_example("chat_with_auth.login")


@pytest.fixture
async def door() -> AsyncGenerator[Door]:
    jar = aiohttp.DummyCookieJar()
    async with (
        serving(load_example("chat_with_auth.app").app) as url,
        aiohttp.ClientSession(cookie_jar=jar) as http,
    ):
        yield Door(url, http)


async def test_who_has_an_account_comes_in_and_nobody_else(door: Door) -> None:
    cookie = await door.register("Ann")
    assert await door.status(cookie) == 200
    assert (await door.post("/token", " ANN "))[0] == 200
    await door.register("Mary  Ann")
    assert (await door.post("/token", "Mary  Ann"))[0] == 200
    async with door.enter(cookie) as ann:
        assert (await ann.call_of("people"))[0] == [{"name": "Ann", "role": "member", "tabs": 1}]
    for stranger in ("", "session=", f"{cookie}x", "session=a.b.c"):
        assert await door.status(stranger, "/chat/negotiate", "POST") == 401


@pytest.mark.parametrize(("name", "password"), [("Ann", "wrong horse"), ("Nobody", _PASSWORD), ("x" * 999, _PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(door: Door, name: str, password: str) -> None:
    await door.register("Ann")
    assert await door.post("/token", name, password) == (401, '{"detail":"Name or password are wrong."}')
    assert (await door.post("/token", "Ann", _PASSWORD + "x" * 999))[0] == 401


@pytest.mark.parametrize(
    ("name", "password", "status"),
    [("aNN", _PASSWORD, 409), (" ", _PASSWORD, 422), ("x" * 21, _PASSWORD, 422), ("Ben", "short", 422)],
)
async def test_an_account_that_cannot_be_is_refused(door: Door, name: str, password: str, status: int) -> None:
    await door.register("Ann")
    assert (await door.post("/register", name, password))[0] == status


async def test_what_another_page_has_sent_is_refused(door: Door) -> None:
    cookie = await door.register("Ann")
    for path in ("/token", "/register", "/logout"):
        assert (await door.post(path, "Ann", **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    elsewhere = {"Sec-Fetch-Site": "same-site"}
    assert await door.status(cookie, "/chat/negotiate", "POST", **elsewhere) == 403
    assert await door.status(cookie, "/chat/negotiate", "POST", **{"Sec-Fetch-Site": "same-origin"}) == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(door: Door) -> None:
    form = {"username": "admin", "password": _ADMIN}
    async with door.http.post(f"{door.url}/token", data=form) as response:
        attributes = {part.strip().lower() for part in response.headers["Set-Cookie"].split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/", "max-age=28800"} <= attributes
        assert await response.json() == {"name": "admin", "role": "admin"}  # the token is in the cookie alone


async def test_what_is_said_reaches_everybody_and_is_remembered(door: Door) -> None:
    ann, ben = await door.register("Ann"), await door.register("Ben")
    async with door.enter(ann) as speaking, door.enter(ben) as listening:
        assert (await speaking.invoke("say", " hello ")).error is None
        (message,) = await listening.call_of("said")
        assert (message["author"], message["text"]) == ("Ann", "hello")
        assert listening.result_of(await listening.invoke("history")) == [message]
        assert "1 to 1,000" in str((await speaking.invoke("say", "  ")).error)


@pytest.mark.parametrize("call", [("remove", 1), ("close", "admin"), ("kick", "admin"), ("setRole", "Ann", "admin")])
async def test_a_member_may_do_nothing_to_others(door: Door, call: tuple[str, object]) -> None:
    async with door.enter(await door.register("Ann")) as ann:
        assert (await ann.invoke(*call)).error == _NOT_ALLOWED


async def test_a_moderator_removes_messages_and_kicks_nobody(door: Door) -> None:
    cookie = await door.register("Mo")
    async with door.enter(await door.admin()) as admin:
        await admin.invoke("setRole", "mo", "moderator")
    async with door.enter(cookie) as mo, door.enter(cookie) as tab:
        await mo.invoke("say", "hello")
        (message,) = await tab.call_of("said")
        assert (await mo.invoke("remove", message["id"])).error is None
        assert await tab.call_of("removed") == [message["id"]]
        assert (await mo.invoke("kick", "admin")).error == _NOT_ALLOWED
        assert mo.result_of(await mo.invoke("history")) == []


async def _is_closed(client: Client) -> None:
    """Wait until the service has closed the connection."""
    with suppress(ConnectionClosed):
        while True:
            await client.frame()


async def test_whoever_is_kicked_hears_it_is_closed_and_has_to_sign_in_again(door: Door) -> None:
    cookie = await door.register("Ann")
    held = await negotiate(door.url, Cookie=cookie)  # and not used yet
    async with door.enter(await door.admin()) as admin, door.enter(cookie) as ann:
        assert (await admin.invoke("kick", "ann")).error is None
        assert await ann.call_of("signedOut") == ["admin signed you out."]
        await _is_closed(ann)
        assert await door.status(cookie) == 401
        assert await door.status(cookie, "/chat/negotiate", "POST") == 401
        await _cannot_use(held)
        status, again = await door.post("/token", "Ann")
        assert status == 200
        async with door.enter(again) as back:
            assert (await back.invoke("say", "sorry")).error is None


async def _cannot_use(answer: dict[str, str]) -> None:
    bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
    async with connect(websocket_url(answer), additional_headers=bearer) as socket:
        client = Client(socket)
        await client.handshake()
        closing = await client.receive()
        assert isinstance(closing, Close)
        assert not closing.allow_reconnect


async def test_whose_connections_are_closed_may_come_back(door: Door) -> None:
    cookie = await door.register("Ann")
    async with door.enter(await door.admin()) as admin, door.enter(cookie) as ann:
        assert (await admin.invoke("close", "Ann")).error is None
        await _is_closed(ann)
        async with door.enter(cookie) as back:
            assert (await back.invoke("say", "here I am")).error is None


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (("kick", "Nobody"), "There is no Nobody"),
        (("setRole", "Nobody", "admin"), "There is no Nobody"),
        (("kick", "ADMIN"), "Somebody else"),
        (("setRole", "admin", "member"), "Somebody else"),
        (("setRole", "Nobody", "emperor"), "role"),
    ],
)
async def test_an_administrator_is_told_what_cannot_be(door: Door, call: tuple[str, ...], text: str) -> None:
    async with door.enter(await door.admin()) as admin:
        assert text in str((await admin.invoke(*call)).error)


async def test_the_first_administrator_gets_a_password_that_is_shown_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHAT_ADMIN_PASSWORD")
    login = load_example("chat_with_auth.login")
    login.store.open()
    login.add_first_admin()
    shown = capsys.readouterr().out.split()[-1]
    assert is_password(shown, login.store.user("admin").password_hash)
    login.add_first_admin()
    assert capsys.readouterr().out == ""
    login.store.close()


def test_tokens_of_others_and_old_ones_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_token(new_token("Ann", 1)) is not None
    monkeypatch.setenv("CHAT_SECRET", "x" * 32)
    other = load_example("chat_with_auth.security")
    assert other.read_token(new_token("Ann", 1)) is None
    assert other.read_token(jwt.encode({"sub": "Ann", "generation": 1, "exp": 1}, "x" * 32, "HS256")) is None
    assert other.read_token(jwt.encode({"sub": "Ann", "generation": 1}, "x" * 32, "HS256")) is None
    monkeypatch.setenv("CHAT_SECRET", "too short")
    with pytest.raises(ValueError, match="32 characters"):
        load_example("chat_with_auth.security")


def test_passwords_are_hashed_with_what_is_recommended() -> None:
    assert load_example("chat_with_auth.security").hash_password(_PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,")
