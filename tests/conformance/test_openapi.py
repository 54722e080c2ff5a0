"""What the app's OpenAPI document says of hubs."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

HEADERS = {
    "X-ASRS-Connection-Id": True,
    "X-ASRS-Hub": True,
    "X-ASRS-Category": True,
    "X-ASRS-Event": True,
    "X-ASRS-User-Id": False,
    "X-ASRS-User-Claims": False,
    "X-ASRS-Client-Query": False,
}
"""Whether an event has to have them; the signature is a security scheme."""


class Message(BaseModel):
    text: str


class Chat(ServerlessHub):
    async def send(self, room: str, message: Message, times: int = 1) -> list[Message]:
        """Send a message to a room."""
        return [message] * (times + len(room))


@pytest.fixture
def document() -> dict[str, Any]:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService()).install(app)
    return app.openapi()


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def json_of(part: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    return resolved(part["content"]["application/json"]["schema"], document)


@pytest.mark.requirement("openapi.events")
def test_every_event_is_an_operation(document: dict[str, Any]) -> None:
    events = {path for path in document["paths"] if "/api/" in path}
    assert events == {
        "/chat/api/connections/connected",
        "/chat/api/connections/disconnected",
        "/chat/api/messages/send",
    }
    for path in events:
        parameters = document["paths"][path]["post"]["parameters"]
        assert {parameter["name"]: parameter["required"] for parameter in parameters} == HEADERS
    schemes = document["components"]["securitySchemes"].values()
    assert "X-ASRS-Signature" in {scheme["name"] for scheme in schemes}


@pytest.mark.requirement("openapi.events")
def test_a_message_shows_its_arguments_and_its_completion(document: dict[str, Any]) -> None:
    operation = document["paths"]["/chat/api/messages/send"]["post"]
    assert operation["description"] == "Send a message to a room."
    body = json_of(operation["requestBody"], document)
    assert body["properties"]["target"]["const"] == "send"
    arguments = body["properties"]["arguments"]
    assert [item["title"] for item in arguments["prefixItems"]] == ["room", "message", "times"]
    assert (arguments["minItems"], arguments["maxItems"]) == (2, 3)
    completion = json_of(operation["responses"]["200"], document)
    assert completion["properties"]["result"]["items"] == {"$ref": "#/components/schemas/Message"}
    assert "application/x-msgpack" in operation["requestBody"]["content"]


@pytest.mark.requirement("openapi.negotiate")
def test_negotiate_shows_its_answer(document: dict[str, Any]) -> None:
    operation = document["paths"]["/chat/negotiate"]["post"]
    answer = json_of(operation["responses"]["200"], document)
    assert {"url", "accessToken"} <= answer["properties"].keys()
