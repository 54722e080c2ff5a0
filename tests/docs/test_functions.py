"""Claims of `how-to/functions.md`."""

import re
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect

from examples.snippets import bindings, functions
from serverless_hub import EmbeddedService, HubDefinitionError, HubRouter, InvocationContext
from serverless_hub.bindings import SignalROutput
from tests.docs.pages import cells
from tests.support.client import Client, connected, websocket_url
from tests.support.recording import RecordingSender
from tests.support.server import serving


async def test_functions_run_for_connections_and_for_calls() -> None:
    async with serving(functions.app) as url, connected(url) as client:
        assert client.result_of(await client.invoke("sendMessage", "lobby", "Hello")) == 5
        async with connected(url) as other:
            await other.invoke("sendMessage", "lobby", "again")
        assert await client.call_of("receiveMessage") == ["again"]


async def test_arguments_are_marked_or_counted_in_the_event() -> None:
    async with serving(functions.app) as url, connected(url) as client:
        assert client.result_of(await client.invoke("add", 40, 2)) == 42
        assert client.result_of(await client.invoke("add", 40)) == 41
        assert client.result_of(await client.invoke("count", "any", "number", 3)) == 3


async def ask(method: str, url: str, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers) as response:
        return response.status, await response.json()


async def test_an_endpoint_sends_to_a_group_that_another_one_has_filled() -> None:
    async with serving(bindings.app) as url:
        said = {"Authorization": "Bearer token-of-ann", "X-MS-Client-Principal-Id": "ann"}
        _, answer = await ask("POST", f"{url}/live/negotiate", **said)
        bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
        async with connect(websocket_url(answer), additional_headers=bearer) as socket:
            client = Client(socket)
            await client.handshake()
            assert client.result_of(await client.invoke("whoAmI")) == ["ann", {"role": "packer"}]
            assert await ask("PUT", f"{url}/packers/ann") == (200, None)
            assert await client.call_of("welcome") == ["ann"]
            assert await ask("POST", f"{url}/orders/7") == (200, "ordered")
            assert await client.call_of("ordered") == [7]


async def test_without_what_the_expressions_name_there_is_no_connection_info() -> None:
    async with serving(bindings.app) as url:
        negotiate = f"{url}/live/negotiate"
        assert (await ask("POST", negotiate, Authorization="Bearer token-of-ann"))[0] == 400
        named = {"X-MS-Client-Principal-Id": "ann"}
        assert (await ask("POST", negotiate, Authorization="Bearer x", **named))[0] == 401


async def test_a_security_token_says_who_sends_a_request() -> None:
    async with serving(bindings.app) as url:
        assert await ask("GET", f"{url}/me", Authorization="Bearer token-of-ann") == (200, "ann")
        assert (await ask("GET", f"{url}/me", Authorization="Bearer x"))[0] == 401
        assert (await ask("GET", f"{url}/me"))[0] == 401


async def test_a_client_chooses_among_the_endpoints_and_an_output_goes_to_some() -> None:
    async with serving(bindings.app) as url:
        assert (await ask("POST", f"{url}/choose"))[0] == 400
        _, answer = await ask("POST", f"{url}/choose", **{"X-MS-Client-Principal-Id": "ann"})
        (endpoint,) = answer["endpoints"]
        assert (endpoint["name"], endpoint["endpoint"]) == ("", f"{url}/_signalr")
        info = endpoint["connectionInfo"]
        bearer = {"Authorization": f"Bearer {info['accessToken']}"}
        async with connect(websocket_url(info), additional_headers=bearer) as socket:
            client = Client(socket)
            await client.handshake()
            assert (await ask("POST", f"{url}/alarm"))[0] == 200
            assert await client.call_of("alarm") == []


async def test_a_misspelt_key_of_an_output_is_refused() -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match="cannot have the key 'userID'"):
        await SignalROutput(sender).add({"target": "ordered", "userID": "ann"})
    assert sender.sent == []


def test_a_name_is_misspelt_where_another_parameter_would_take_the_whole_event() -> None:
    async def run(context: InvocationContext, text: str) -> None: ...

    async def counted(context: InvocationContext) -> None: ...

    router = HubRouter(default_service=EmbeddedService())
    with pytest.raises(HubDefinitionError, match="would take the whole event"):
        router.trigger(hub="chat", event="run", parameter_names=["txet"])(run)
    router.trigger(hub="chat", event="counted", parameter_names=["text"])(counted)


def test_what_stands_for_a_binding_of_azure_is_there() -> None:
    here = " ".join(row[1] for row in cells("how-to/functions.md", "From Azure Functions"))
    methods = set(re.findall(r"`@?router\.(\w+)", here))
    assert methods >= {"trigger", "output", "sends", "connection_info", "negotiation", "endpoints"}
    assert [name for name in methods if not hasattr(HubRouter, name)] == []
