"""Claims of `how-to/sending.md` and of `how-to/typed-clients.md`."""

import re
import runpy
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from anyio import to_thread
from fastapi import FastAPI

from examples.snippets import managing, typed
from serverless_hub import EmbeddedService, HubContext, HubRouter, Negotiation, SendOptions, ServerlessHub, errors
from serverless_hub.management import RetryPolicy
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.service.client_calls import MAX_WAITING
from tests.docs.pages import ROOT, cells, page
from tests.support.client import Client, connected, negotiate
from tests.support.server import serving

SENDING = page("how-to/sending.md")
KEY = "a key of thirty-two characters.."
ORDER = {"number": 7, "total_cents": 250}


class Chat(ServerlessHub):
    async def join(self, group: str) -> str:
        await self.groups.add(self.context.connection_id, group)
        return self.context.connection_id


@asynccontextmanager
async def chat() -> AsyncGenerator[tuple[str, str]]:
    """Yield the URL of an app and the connection string of its service."""
    app = FastAPI()
    service = EmbeddedService(access_key=KEY)
    HubRouter(Chat, negotiate=lambda: Negotiation(user_id="ann"), default_service=service).install(app)
    async with serving(app) as url:
        await negotiate(url)  # There is an answer when the app has read its settings.
        yield url, f"Endpoint={url}/_signalr;AccessKey={KEY};Version=1.0;"


async def next_call(client: Client) -> Invocation:
    while not isinstance(message := await client.receive(), Invocation):
        pass
    return message


@pytest.mark.requirement("hub-context.app", "typed-clients.names")
async def test_an_endpoint_of_the_app_sends_to_typed_clients() -> None:
    async with serving(typed.app) as url, connected(url, "shop") as client, aiohttp.ClientSession() as session:
        async with session.put(f"{url}/prices/tea", params={"cents": 250}) as response:
            assert response.status == 200
        assert await client.call_of("priceChanged") == ["tea", 250]


@pytest.mark.requirement("typed-clients.names", "typed-clients.results")
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Completion("", result=True), "bought"),
        (Completion("", result=False), "left in the shop"),
        (Completion("", error="no"), "the order was not confirmed"),
        (Completion("", result="a text"), "the order was not confirmed"),
    ],
)
async def test_a_method_asks_its_caller(answer: Completion, outcome: str) -> None:
    async with serving(typed.app) as url, connected(url, "shop") as client:
        await client.send(Invocation("buy", [ORDER], "1"))
        asked = await next_call(client)
        assert asked.target == "confirm"
        assert client.protocol.decode_value(asked.arguments) == [{"number": 7, "totalCents": 250}]
        assert asked.invocation_id is not None
        await client.send(Completion(asked.invocation_id, result=answer.result, error=answer.error))
        completion = await client.receive()
        assert isinstance(completion, Completion)
        assert (completion.error or client.result_of(completion)) == outcome


@pytest.mark.requirement("hub-context.script")
async def test_the_script_of_the_page_runs_as_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with chat() as (url, service), connected(url) as client:
        connection_id = client.result_of(await client.invoke("join", "lobby"))
        monkeypatch.setenv("AzureSignalRConnectionString", service)
        await to_thread.run_sync(runpy.run_path, str(ROOT / "examples/send/send.py"))
        assert await client.call_of("receiveMessage") == ["Good morning"]
    assert capsys.readouterr().out == f"told {connection_id}\n"


async def test_a_script_manages_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat() as (url, service), connected(url) as ann:
        connection_id = ann.result_of(await ann.invoke("join", "lobby"))
        async with HubContext.from_connection_string(service, "chat", options=managing.patient) as hub:
            await managing.manage(hub, connection_id)
            assert [member.connection_id async for member in hub.groups.members("guests")] == [connection_id]
            await managing.promote(hub)
            assert not await hub.groups.exists("staff")
            assert (await managing.invite(hub))["url"] == f"{url}/_signalr/client/?hub=chat"
            monkeypatch.setenv("AzureSignalRConnectionString", service)
            await to_thread.run_sync(managing.remind)
            assert await ann.call_of("receiveMessage") == ["Do not forget the milk"]


async def test_the_whole_program_for_managing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat() as (_, service):
        monkeypatch.setenv("AzureSignalRConnectionString", service)
        await to_thread.run_sync(
            lambda: runpy.run_path(str(ROOT / "examples/snippets/managing.py"), run_name="__main__")
        )


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert (RetryPolicy().max_retries, RetryPolicy().delay) == (3, 0.8)
    assert "up to three times, after up to 0.8 seconds, then 1.6 and 3.2" in SENDING
    assert [RetryPolicy().wait(number, None, lambda: 1.0) for number in range(3)] == [0.8, 1.6, 3.2]
    assert f"for at most {RetryPolicy().max_delay:g} seconds" in SENDING
    assert f"At the embedded service at most {MAX_WAITING} questions" in page("how-to/typed-clients.md")
    assert SendOptions().timeout == 5.0


@pytest.mark.parametrize(
    ("name", "heading"), [("how-to/sending.md", "Errors and retries"), ("how-to/typed-clients.md", "Ask a client")]
)
def test_the_errors_of_the_page_are_there(name: str, heading: str) -> None:
    names = re.findall(r"`(\w+Error)`", " ".join(cell for row in cells(name, heading) for cell in row))
    assert names
    for error in names:
        assert issubclass(getattr(errors, error), errors.ServiceError)
