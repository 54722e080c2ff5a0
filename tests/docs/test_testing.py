"""The tests that `how-to/testing.md` shows, and its claims."""

# --8<-- [start:imports]
import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI

# --8<-- [end:imports]
from examples.snippets.bindings import order
from examples.snippets.functions import add, send_message
from examples.snippets.injection import Notebook, Notes, app, open_notebook
from examples.snippets.members import app as club
from examples.snippets.members import who
from serverless_hub import InvocationContext, Negotiation
from serverless_hub.bindings import SignalRMessage, SignalROutput
from serverless_hub.protocol.upstream import Category


# --8<-- [start:plain]
async def test_a_missing_number_is_one() -> None:
    assert await add(40, 2) == 42
    assert await add(40) == 41


# --8<-- [end:plain]
# --8<-- [start:output]
class Sent(SignalROutput):
    def __init__(self) -> None:
        self.items: list[Any] = []

    async def add(self, item: Any) -> None:
        self.items.append(item)


async def test_the_packers_hear_of_an_order() -> None:
    sent = Sent()
    await order(7, sent)
    assert sent.items == [SignalRMessage(target="ordered", arguments=[7], group_name="packers")]


# --8<-- [end:output]
# --8<-- [start:context]
class Sender:
    """Remembers what is sent; it needs only the methods that the function under test comes to."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    async def send(self, receivers: Any, target: str, arguments: Any) -> None:
        self.sent.append((receivers.kind, receivers.names, target, *arguments))


async def test_a_message_goes_to_its_room() -> None:
    sender: Any = Sender()
    context = InvocationContext(
        hub="chat", category=Category.MESSAGES, event="sendMessage", connection_id="c1", sender=sender
    )
    assert await send_message(context, "lobby", "Hello") == 5
    assert sender.sent == [("groups", ("lobby",), "receiveMessage", "Hello")]


# --8<-- [end:context]
# --8<-- [start:serving]
@asynccontextmanager
async def serving(app: FastAPI) -> AsyncGenerator[str]:
    """Run uvicorn in the test's own event loop, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"  # requests wait until it has started
        finally:
            server.should_exit = True
            await task


# --8<-- [end:serving]
# --8<-- [start:client]
class Client:
    """As much of a SignalR client as tests need: JSON messages, each with 0x1E at its end."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self._received: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        await self._websocket.send_str(json.dumps(message) + "\x1e")

    async def receive(self) -> dict[str, Any]:
        while not self._received:
            text = await self._websocket.receive_str(timeout=5)
            self._received = [json.loads(record) for record in text.split("\x1e") if record]
        return self._received.pop(0)

    async def call_of(self, target: str) -> Any:
        """Return the arguments of the next message to `target`; what comes before it is dropped."""
        while (message := await self.receive()).get("target") != target:
            pass
        return message["arguments"]

    async def invoke(self, target: str, *arguments: Any) -> Any:
        """Return the result, or raise the error; what comes before it is dropped."""
        await self.send({"type": 1, "invocationId": "1", "target": target, "arguments": arguments})
        while (message := await self.receive()).get("type") != 3:
            pass
        if "error" in message:
            raise RuntimeError(message["error"])
        return message.get("result")


@asynccontextmanager
async def connected(url: str, hub: str) -> AsyncGenerator[Client]:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/{hub}/negotiate?negotiateVersion=1") as response:
            answer = await response.json()
        headers = {"Authorization": f"Bearer {answer['accessToken']}"}
        async with session.ws_connect(answer["url"], headers=headers) as websocket:
            client = Client(websocket)
            await client.send({"protocol": "json", "version": 1})
            await client.receive()  # the answer to the handshake
            yield client


# --8<-- [end:client]
# --8<-- [start:hub]
class Blank(Notebook):
    def write(self, text: str) -> int:
        return len(text)


async def test_a_note_goes_into_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.dependency_overrides, open_notebook, Blank)
    async with serving(app) as url, connected(url, "notes") as client:
        assert await client.invoke("write", "four") == 4
        with pytest.raises(RuntimeError, match="takes 1 argument"):
            await client.invoke("write", "buy", "tea")


# --8<-- [end:hub]
# --8<-- [start:user]
async def ann() -> Negotiation:
    return Negotiation(user_id="ann")


async def test_a_member_hears_what_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(club.dependency_overrides, who, ann)
    async with serving(club) as url, connected(url, "club") as client:
        await client.invoke("enrol", "ann")
        await client.send({"type": 1, "target": "announce", "arguments": ["tea is ready"]})
        assert await client.call_of("announced") == ["tea is ready"]


# --8<-- [end:user]


def test_a_hub_that_was_made_by_hand_has_no_event() -> None:
    with pytest.raises(RuntimeError, match="has no event here"):
        _ = Notes(Notebook()).clients
