"""Claims of `how-to/from-csharp.md`, `how-to/from-function-json.md`, `how-to/from-socketio.md`: both sides are run."""

import asyncio
import json
import re
from typing import Any

import aiohttp
import pytest
import socketio  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types
from websockets.asyncio.client import connect

from examples.snippets import from_csharp, from_function_json, from_function_json_before, from_socketio
from examples.snippets import from_socketio_before as socketio_app
from serverless_hub import InvocationContext
from serverless_hub.bindings import SignalROutput
from serverless_hub.hub.clients import CallerClients
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.upstream import Category
from tests.docs.pages import ROOT, cells
from tests.support.client import Client, connected, websocket_url
from tests.support.recording import RecordingSender
from tests.support.server import serving

CSHARP = (ROOT / "examples/snippets/from_csharp.cs").read_text("utf-8")


async def test_the_python_hub_has_what_the_csharp_hub_has() -> None:
    triggers = re.findall(r'SignalRTrigger\("Quiz", "(\w+)", "(\w+)"((?:, "\w+")*)\)', CSHARP)
    assert triggers == [("connections", "connected", ""), ("messages", "Answer", ', "question", "text"')]
    sent = re.findall(r'SendAsync\("(\w+)"', CSHARP)
    async with (
        serving(from_csharp.app) as url,
        connected(url, "Quiz", JSON, **{"X-MS-CLIENT-PRINCIPAL-ID": "ann"}) as ann,
    ):
        assert await ann.call_of("joined") == ["ann"]
        await ann.send(Invocation("Answer", (1, "four")))
        assert await ann.call_of("answered") == ["ann", "four"]
        assert "question: Input should be a valid integer" in str((await ann.invoke("answer", "one", "x")).error)
    assert sent == ["joined", "answered"]


def test_the_python_column_names_what_there_is() -> None:
    context = InvocationContext(
        hub="quiz", category=Category.MESSAGES, event="x", connection_id="c", sender=RecordingSender()
    )
    text = " ".join(row[1] for page_name in ("from-csharp", "from-socketio") for row in rows_of(page_name))
    assert set(re.findall(r"self\.clients\.(\w+)", text)) <= set(dir(CallerClients))
    for part in ("groups", "user_groups", "connections"):
        named = set(re.findall(rf"self\.{part}\.(\w+)", text))
        assert named
        assert named <= set(dir(getattr(context, part)))
    assert set(re.findall(r"self\.context\.(\w+)", text)) <= {*dir(context), "connection_id", "user_id", "error"}


def rows_of(name: str) -> list[list[str]]:
    heading = {"from-csharp": "From C# `ServerlessHub`", "from-socketio": "The server"}[name]
    return list(cells(f"how-to/{name}.md", heading))[1:]


class Kept:
    """Stands for `azure.functions.Out`."""

    def __init__(self) -> None:
        self.value = ""

    def set(self, value: str) -> None:
        self.value = value


class Output(SignalROutput):
    """Stands for what the router gives."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    async def add(self, item: Any) -> None:
        self.items.append(item)


async def test_the_function_sends_what_main_has_sent() -> None:
    trigger, output = json.loads((ROOT / "examples/snippets/function.json").read_text("utf-8"))["bindings"]
    context = InvocationContext(
        hub=trigger["hubName"], category=Category.MESSAGES, event=trigger["event"], connection_id="c", user_id="ann",
        arguments=[1, "four"], sender=RecordingSender(),
    )  # fmt: skip
    kept, output_of_ours = Kept(), Output()
    assert (trigger["name"], output["name"]) == ("invocation", "messages")
    from_function_json_before.main(invocation=context.to_json(), messages=kept)
    await from_function_json.answer(1, "four", context, output_of_ours)
    (message,) = output_of_ours.items
    after = {"target": message.target, "groupName": message.group_name, "arguments": message.arguments}
    assert after == json.loads(kept.value)


async def test_the_function_is_called_by_clients_and_checks_what_they_send() -> None:
    async with serving(from_function_json.app) as url, connected(url, "quiz") as ann:
        assert (await ann.invoke("answer", 1, "four")).error is None
        assert "question: Input should be a valid integer" in str((await ann.invoke("answer", "one", "four")).error)


async def test_socketio_and_the_hub_answer_and_tell_the_same() -> None:
    told: asyncio.Queue[list[Any]] = asyncio.Queue()

    def heard(*values: Any) -> None:
        told.put_nowait(list(values))

    async with serving(socketio_app.app) as url:
        client: Any = socketio.AsyncClient()
        client.on("answered", heard)
        await client.connect(url, auth={"name": "ann"}, transports=["websocket"])
        before = await client.call("answer", (1, "four"))
        async with asyncio.timeout(10):
            heard_before = await told.get()
        await client.disconnect()
    async with serving(from_socketio.app) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/quiz/negotiate?negotiateVersion=1&name=ann") as response:
            answer = await response.json()
        headers = {"Authorization": f"Bearer {answer['accessToken']}"}
        async with connect(websocket_url(answer), additional_headers=headers) as socket:
            ann = Client(socket)
            await ann.handshake()
            await ann.send(Invocation("answer", (1, "four"), "1"))
            heard_after = await ann.call_of("answered")
            after: Any = ann.result_of(await ann.receive())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a completion
    assert (after, heard_after) == (before, heard_before) == (4, ["ann", "four"])


async def test_both_turn_away_who_does_not_say_their_name() -> None:
    async with serving(socketio_app.app) as url:
        client: Any = socketio.AsyncClient()
        refused: list[Any] = []
        client.on("connect_error", refused.append)
        with pytest.raises(Exception, match="failed to connect"):
            await client.connect(url, transports=["websocket"])
        assert len(refused) == 1
    async with (
        serving(from_socketio.app) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/quiz/negotiate") as response,
    ):
        assert (response.status, await response.json()) == (401, {"detail": "say your name first"})
