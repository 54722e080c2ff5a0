"""What a method knows of its event."""

import dataclasses
import json
from typing import Any, ClassVar

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect

from serverless_hub import EmbeddedService, HubRouter, InvocationContext, ServerlessHub
from tests.conformance.upstream import call, posting
from tests.support.client import Client, negotiate, websocket_url
from tests.support.hub_bench import Bench
from tests.support.server import serving


class Chat(ServerlessHub):
    told: ClassVar[list[Any]] = []
    """What hooks wanted to say."""

    async def on_connected(self) -> None:
        self.told.append(self.context.to_json())

    async def on_disconnected(self, error: str | None) -> None:
        self.told.append((error, self.context.error))

    async def fields(self, *_: Any) -> list[Any]:
        context = self.context
        maps = dict(context.query), dict(context.claims)
        return [
            list(context.arguments), context.error, context.category, context.event, context.hub,
            context.connection_id, context.user_id, context.headers["x-asrs-user-id"], *maps,
        ]  # fmt: skip

    async def as_json(self, *_: Any) -> str:
        return self.context.to_json()

    async def every(self, kind: str, name: str) -> list[str]:
        return list(getattr(self.context, kind).all(name))


CLIENT = {"x_asrs_user_id": "ann", "x_asrs_user_claims": "role: a, role: b", "x_asrs_client_query": "?q=1&q=2"}


@pytest.mark.requirement("context.fields")
async def test_the_context_has_everything_that_the_event_says() -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke("fields", 1, [None], **CLIENT) == {
            "result": [[1, [None]], None, "messages", "fields", "Chat", "c1", "ann", "ann", {"q": "1"}, {"role": "a"}]
        }


@pytest.mark.requirement("context.fields")
@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(InvocationContext)])
def test_the_context_cannot_be_changed(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(Bench(Chat).message("fields").context, name, None)


@pytest.mark.requirement("context.json")
async def test_the_json_of_a_message_is_azures() -> None:
    async with posting(Chat) as upstream:
        repeated = [("X-More", "1"), ("X-More", "2")]
        answer = await upstream.post("as_json", call("as_json", 1, "x"), more=repeated, **CLIENT)
        found = json.loads(answer.completion["result"])
    headers = found.pop("Headers")
    assert list(found.items()) == [
        ("Arguments", [1, "x"]),
        ("Error", None),
        ("Category", "messages"),
        ("Event", "as_json"),
        ("Hub", "Chat"),
        ("ConnectionId", "c1"),
        ("UserId", "ann"),
        ("Query", {"q": "1,2"}),
        ("Claims", {"role": "a"}),
    ]
    assert (headers["x-asrs-hub"], headers["x-more"]) == ("chat", "1,2")
    assert headers.keys().isdisjoint({"content-type", "content-length"})


@pytest.mark.requirement("context.json")
async def test_what_is_absent_is_null_in_the_json() -> None:
    Chat.told.clear()
    await Bench(Chat).connect()
    found = json.loads(Chat.told[0])
    keys = ["Arguments", "Error", "Category", "Event", "Hub", "ConnectionId", "UserId", "Headers", "Query", "Claims"]
    assert list(found) == keys
    assert [name for name in keys if found[name] is None] == ["Arguments", "Error", "Query", "Claims"]


@pytest.mark.requirement("context.headers")
async def test_headers_are_found_in_any_case_with_every_value() -> None:
    async with posting(Chat) as upstream:
        repeated = [("X-More", "1"), ("x-more", "2")]
        for name, values in (("X-MORE", ["1", "2"]), ("content-type", ["application/json"]), ("nothing", [])):
            answer = await upstream.post("every", call("every", "headers", name), more=repeated)
            assert answer.completion == {"result": values}


@pytest.mark.requirement("context.query")
@pytest.mark.parametrize("query", ["?a=1&a=2&b=x+y%21", "a=1&a=2&b=x+y%21"])
async def test_the_query_is_decoded_with_every_value(query: str) -> None:
    async with posting(Chat) as upstream:
        for name, values in (("a", ["1", "2"]), ("b", ["x y!"]), ("c", [])):
            result = await upstream.invoke("every", "query", name, x_asrs_client_query=query)
            assert result == {"result": values}


async def _service_negotiate(url: str, access_token: str) -> str:
    """Return the connection token that the service gives out."""
    bearer = {"Authorization": f"Bearer {access_token}"}
    where = url.replace("/client/?", "/client/negotiate?") + "&negotiateVersion=1"
    async with aiohttp.ClientSession() as session, session.post(where, headers=bearer) as response:
        token: str = (await response.json())["connectionToken"]
        return token


@pytest.mark.requirement("context.query.secrets")
async def test_the_embedded_service_keeps_tokens_out_of_the_query() -> None:
    class Curious(ServerlessHub, hub="chat"):
        async def look(self) -> list[list[str]]:
            return [list(pair) for pair in self.context.query.items()]

    app = FastAPI()
    HubRouter(Curious, default_service=EmbeddedService()).install(app)
    async with serving(app) as url:
        answer = await negotiate(url)
        connection_token = await _service_negotiate(answer["url"], answer["accessToken"])
        query = f"&id={connection_token}&access_token={answer['accessToken']}&room=a+b"
        async with connect(websocket_url(answer) + query) as socket:
            client = Client(socket)
            assert await client.handshake() == {}
            assert client.result_of(await client.invoke("look")) == [["hub", "chat"], ["room", "a b"]]


@pytest.mark.requirement("context.claims.values", "context.claims.commas")
@pytest.mark.parametrize(
    ("name", "values"),
    [("role", ["a", "b"]), ("Role", []), ("name", ["Doe, Jane"]), ("time", ["10: 30"])],
)
async def test_claims_keep_every_value_and_commas_and_colons_in_them(name: str, values: list[str]) -> None:
    claims = "role: a, name: Doe, Jane, role: b, time: 10: 30"
    async with posting(Chat) as upstream:
        assert await upstream.invoke("every", "claims", name, x_asrs_user_claims=claims) == {"result": values}


@pytest.mark.requirement("context.error")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"type":11}', None),
        (b'{"type":11,"error":null}', None),
        (b'{"type":11,"error":""}', None),
        (b'{"type":11,"error":"lost"}', "lost"),
        (b'{"Type":11,"Error":"lost"}', "lost"),
    ],
)
async def test_the_error_of_a_disconnected_client_is_its_text_or_none(body: bytes, error: str | None) -> None:
    Chat.told.clear()
    async with posting(Chat) as upstream:
        assert (await upstream.disconnect(body)).status == 200
    assert Chat.told == [(error, error)]


@pytest.mark.requirement("context.repr")
def test_the_repr_shows_nothing_that_may_be_secret() -> None:
    bench = Bench(Chat, headers={"authorization": "secret"}, query="?token=secret", claims="key: secret")
    context = bench.message("fields", ["secret"]).context
    assert list(context.arguments) == [context.headers["authorization"]] == list(context.query.values()) == ["secret"]
    assert list(context.claims.values()) == ["secret"]
    assert "c1" in repr(context)
    assert "secret" not in repr(context)
