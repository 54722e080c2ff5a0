"""`serverless-hub call` and `serverless-hub listen`, with real apps, and with services that misbehave."""

import asyncio
import json
import signal
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException

from serverless_hub import EmbeddedService, HubException, HubRouter, Negotiation, ServerlessHub
from serverless_hub.cli import hub_client
from serverless_hub.cli.commands import app
from serverless_hub.cli.hub_client import Times, connected
from serverless_hub.cli.hub_negotiation import hub_url
from serverless_hub.errors import ServiceError, ServiceTimeoutError, UnreachableError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Completion
from serverless_hub.service.asgi import Receive, Scope, Send
from tests.cli.command import command
from tests.support.http_server import answer
from tests.support.server import listen, serving, url_of
from tests.support.websocket_app import Script, accept

thought = asyncio.Event()
QUICK = Times(start=5.0, ping=5.0, silence=5.0)


class Chat(ServerlessHub, naming="camel"):
    async def send_message(self, room: str, text: str) -> dict[str, int]:
        if not text:
            raise HubException("say something")
        await self.clients.all.send("newMessage", room, text)
        await self.clients.all.send("other", [1, None])
        return {room: len(text)}

    async def tell(self) -> None:
        await self.clients.all.send("told")

    async def think(self) -> None:
        await thought.wait()

    async def who(self) -> str | None:
        return self.context.user_id

    async def ask_me(self) -> Any:
        return await self.clients.caller.invoke("askedFor", timeout=5)


async def who(authorization: Annotated[str | None, Header()] = None) -> Negotiation:
    if authorization == "nobody":
        raise HTTPException(401, "who are you?")
    return Negotiation(user_id=authorization)


@asynccontextmanager
async def chat() -> AsyncGenerator[str]:
    app = FastAPI()
    HubRouter(Chat, negotiate=who, default_service=EmbeddedService()).install(app)
    async with serving(app) as url:
        yield url


async def test_a_call_prints_its_result_as_a_line_of_json() -> None:
    async with chat() as url:
        assert (await command("call", url, "chat/sendMessage", "lobby", "Grüße")).document == {"lobby": 5}
        assert (await command("call", f"{url}/", "chat/who", "--header", "Authorization: ann")).document == "ann"
        ran = await command("call", url, "chat/tell")
        assert (ran.code, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("chat/sendMessage", "lobby", ""), "sendMessage failed: say something"),
        (("chat/sendMessage", "lobby"), "sendMessage failed: 'sendMessage' takes 2 arguments: 1 came"),
        (("chat/missing",), "`serverless-hub targets` lists what can be called"),
        (("news/tell",), "/news/negotiate answers 404"),
        (("news/tell",), "the URL ends with the name of a hub"),
        (("chat/who", "--header", "Authorization: nobody"), "log in with --header"),
    ],
)
async def test_a_call_that_fails_says_why_and_exits_with_1(arguments: tuple[str, ...], complaint: str) -> None:
    async with chat() as url:
        ran = await command("call", url, *arguments)
        assert ran.code == 1
        assert complaint in ran.complaint


async def test_a_call_without_an_answer_in_time_is_given_up() -> None:
    async with chat() as url:
        ran = await command("call", url, "chat/think", "--timeout", "0.5")
        thought.set()
    assert ran.code == 1
    assert "think has not answered within 0.5 seconds: --timeout gives it more" in ran.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("call", "http://localhost", "tell"),
        ("call", "http://localhost", "/tell"),
        ("call", "http://localhost", "chat/"),
        ("call", "localhost:8000", "chat/tell"),
        ("call", "http://localhost", "chat/tell", "--header", "x"),
        ("call", "http://localhost", "chat/tell", "--header", ": x"),
        ("call", "http://localhost", "chat/tell", "--header", "x: a\nb"),
        ("listen", "chat"),
        ("listen", "http://localhost", "--count", "0"),
    ],
)
async def test_a_command_line_that_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    assert (await command(*arguments)).code == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--count", "2"), [("newMessage", ["lobby", "Hi"]), ("other", [[1, None]])]),
        (("--target", "OTHER", "--count", "1"), [("other", [[1, None]])]),
    ],
)
async def test_listening_prints_what_comes_as_lines_of_json(
    options: tuple[str, ...], expected: list[tuple[str, Any]]
) -> None:
    async with chat() as url, connected(f"{url}/chat", {}, QUICK) as caller:
        listening = asyncio.create_task(command("listen", f"{url}/chat", *options))
        while not listening.done():  # until it has connected, and hears one
            await caller.invoke("sendMessage", ["lobby", "Hi"])
        ran = await listening
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        # It may have come between the two messages of a call.
        assert sorted((line["target"], line["arguments"]) for line in lines) == expected
        assert "Connected to" in ran.stderr


async def test_who_only_looks_on_says_so_when_asked() -> None:
    async with chat() as url, connected(f"{url}/chat", {}, QUICK) as client:
        with pytest.raises(ServiceError, match="failed"):
            await client.invoke("askMe", [])


async def test_a_connection_that_the_service_closes_ends_listening_with_1() -> None:
    async with serving(Lonely(close_with("See you."))) as url:
        ran = await command("listen", url)
        assert ran.code == 1
        assert f"{url} closed the connection: See you." in ran.stderr


async def test_with_reconnect_listening_goes_on_after_its_connection_has_ended() -> None:
    back = saying("{}\x1e", '{"type":3,"invocationId":"x"}\x1e', '{"type":1,"target":"back","arguments":[]}\x1e')
    scripts = iter([close_with("See you."), refusing, back])

    async def script(receive: Receive, send: Send) -> None:
        await next(scripts)(receive, send)

    async with serving(Lonely(script)) as url:
        ran = await command("listen", url, "--reconnect", "--count", "1")
    assert ran.code == 0
    assert ran.document == {"target": "back", "arguments": []}
    assert ran.stderr.count("Connected to") == 2
    assert ran.stderr.count("Connecting again") == 1
    assert "See you." in ran.stderr


async def test_with_reconnect_a_hub_that_was_never_reached_is_still_a_failure() -> None:
    with listen() as nobody:
        url = url_of(nobody)
    assert (await command("listen", url, "--reconnect")).code == 1


# --- Apps that are none, and services that misbehave ------------------------------------------------------------------


class Lonely:
    """A service that does not send its clients elsewhere, with one answer to negotiate and a script for WebSockets."""

    def __init__(self, script: Script, status: int = 200, body: bytes = b'{"connectionId": "a b"}') -> None:
        self.script = script
        self.status = status
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answer(send, self.body, self.status)
        elif scope["type"] == "websocket":
            assert scope["query_string"] == b"id=a%20b"
            await self.script(receive, send)
        else:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})


def saying(*texts: str, code: int = 1000, reason: str = "") -> Script:
    """Return a script that accepts, says something, and closes the WebSocket."""

    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        for text in texts:
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": code, "reason": reason})

    return script


def close_with(error: str) -> Script:
    return saying("{}\x1e", f'{{"type":7,"error":"{error}"}}\x1e')


async def refusing(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ((500, b""), "answers 500 : the log of the app says more"),
        ((403, b"no?access_token=swordfish"), "log in with --header"),
        ((405, b""), "there is no such hub"),
        ((200, b"<html>"), "gives no answer of SignalR"),
        ((200, b"[]"), "gives no answer of SignalR"),
        ((200, b'{"url": 5}'), "gives no answer of SignalR"),
        ((200, b'{"connectionToken": ["t"]}'), "gives no answer of SignalR"),
        ((200, b'{"url": null, "connectionToken": "t"}'), "the WebSocket of"),
        ((200, b'{"error": "go away"}'), "refuses: go away"),
    ],
)
async def test_an_answer_to_negotiate_that_is_none_is_explained(given: tuple[int, bytes], complaint: str) -> None:
    async with serving(Lonely(refusing, *given)) as url:
        with pytest.raises(ServiceError) as refused:
            async with connected(f"{url}/chat", {}, QUICK):
                pass
        assert complaint in str(refused.value)
        assert "swordfish" not in str(refused.value)


async def test_whoever_is_sent_on_and_on_gives_up() -> None:
    listener = listen()
    body = JSON.encode_value({"url": f"{url_of(listener)}/chat?x=1", "accessToken": "t"})
    async with serving(Lonely(refusing, 200, body), listener) as url:
        with pytest.raises(ServiceError, match="sends its clients on and on"):
            async with connected(url, {}, QUICK):
                pass


async def test_where_nobody_answers_that_is_said() -> None:
    with listen() as nobody:
        url = url_of(nobody)
    ran = await command("call", url, "chat/tell")
    assert ran.code == 1
    assert f"POST {url}/chat/negotiate" in ran.complaint


async def test_who_answers_nothing_in_time_is_given_up() -> None:
    with listen() as silent, pytest.raises(ServiceError, match=r"has opened no connection within 0\.2 seconds"):
        async with connected(url_of(silent), {}, Times(start=0.2)):
            pass


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (saying('{"error": "no JSON here"}\x1e'), "refuses the handshake: no JSON here"),
        (saying("[]\x1e"), "refuses the handshake: no object"),
        (saying("hello\x1e"), "does not speak SignalR: not JSON"),
        (saying("{}\x1e", "hello\x1e"), "does not speak SignalR: not a hub message"),
        (saying("{}\x1e", '{"type":7}\x1e'), "closed the connection"),
        (saying("{}\x1e", code=1001, reason="going away"), "has ended: going away"),
        (saying(), "has ended"),
        (refusing, "cannot be opened: InvalidStatus"),
    ],
)
async def test_what_a_service_does_wrong_is_said(script: Script, complaint: str) -> None:
    async with serving(Lonely(script)) as url:
        with pytest.raises(ServiceError) as failed:
            async with connected(url, {}, QUICK) as connection:
                await connection.receive()
        assert complaint in str(failed.value)


async def test_a_connection_that_has_ended_takes_no_call() -> None:
    async with serving(Lonely(saying("{}\x1e"))) as url, connected(url, {}, QUICK) as connection:
        with pytest.raises(UnreachableError):
            await connection.receive()
        with pytest.raises(UnreachableError):
            await connection.invoke("tell", [])


async def test_pings_go_out_and_come_in_and_what_nobody_knows_is_passed_over() -> None:
    pinged = asyncio.Event()

    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        for text in ("{}", '{"type":6}', '{"type":99}'):
            await send({"type": "websocket.send", "bytes": f"{text}\x1e".encode()})
        while "6" not in (await receive())["text"]:
            pass
        pinged.set()
        await send({"type": "websocket.send", "text": '{"type":3,"invocationId":"1"}\x1e'})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async with serving(Lonely(script)) as url:
        async with connected(url, {}, Times(start=5, ping=0.01, silence=5)) as connection:
            assert await connection.receive() == Completion("1")
        assert pinged.is_set()


async def silent(receive: Receive, send: Send) -> None:
    await accept(receive, send)
    await receive()
    await send({"type": "websocket.send", "text": "{}\x1e"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def test_a_service_that_is_silent_for_too_long_is_gone() -> None:
    async with serving(Lonely(silent)) as url, connected(url, {}, Times(silence=0.1)) as connection:
        with pytest.raises(ServiceTimeoutError, match=r"has been silent for 0\.1 seconds"):
            await connection.receive()


async def test_a_call_ends_with_the_limit_that_it_has_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_client, "Times", lambda: Times(silence=0.1))
    async with serving(Lonely(silent)) as url:
        ran = await command("call", url, "chat/tell", "--timeout", "60")
        assert ran.code == 1
        assert "/chat has been silent for 0.1 seconds" in ran.complaint


def test_the_url_of_a_hub_keeps_the_query_of_its_app() -> None:
    assert hub_url("http://localhost:8000/?name=ann", "chat") == "http://localhost:8000/chat?name=ann"
    assert hub_url("http://localhost/app", "a[b]") == "http://localhost/app/a%5Bb%5D"


# --- Ctrl+C ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "code"), [(("listen",), 0), (("call", "chat/tell"), 130)])
def test_ctrl_c_ends_it(words: tuple[str, ...], code: int) -> None:
    with listen() as silent:  # it takes connections, and answers nothing
        threading.Thread(target=interrupt_when_asked, args=[silent], daemon=True).start()
        with pytest.raises(SystemExit) as ended:
            app([words[0], url_of(silent), *words[1:]])
    assert ended.value.code == code


def interrupt_when_asked(listener: socket.socket) -> None:
    line, _ = listener.accept()
    with line:
        line.recv(1)
        signal.raise_signal(signal.SIGINT)
        line.recv(1 << 16)
