"""What the OpenAPI document says of each event: text, headers, body and completion."""

import pytest

from tests.routing.document import EVENTS, MESSAGES, body_of, completion_of, operation, resolve


@pytest.mark.parametrize("path", [path for path, text in EVENTS.items() if text is not None])
def test_the_docstring_of_a_method_is_its_description(path: str) -> None:
    assert operation(path)["description"] == EVENTS[path]


@pytest.mark.parametrize("path", EVENTS)
def test_an_event_has_the_headers_of_a_service(path: str) -> None:
    headers = {found["name"]: found["required"] for found in operation(path)["parameters"] if found["in"] == "header"}
    names = ["Connection-Id", "Hub", "Category", "Event"]
    optional = ["User-Id", "User-Claims", "Client-Query"]
    assert headers == {f"X-ASRS-{name}": name in names for name in names + optional}
    assert len(operation(path)["parameters"]) == len(headers)


@pytest.mark.parametrize(("path", "kind"), [("connected", 10), ("disconnected", 11)])
def test_bodies_of_connections_have_their_type(path: str, kind: int) -> None:
    properties = body_of(f"/v1/chat/api/connections/{path}")["properties"]
    assert properties["type"]["const"] == kind
    assert ("error" in properties) == (path == "disconnected")


@pytest.mark.parametrize("path", MESSAGES)
def test_a_call_names_its_target_and_may_come_in_messagepack(path: str) -> None:
    body = body_of(path)
    assert body["properties"]["type"]["const"] == 1
    assert body["properties"]["target"]["const"] == path.rpartition("/")[2]
    assert body["required"] == ["type", "target", "arguments"]
    assert operation(path)["requestBody"]["required"] is True
    assert "application/x-msgpack" in operation(path)["requestBody"]["content"]


@pytest.mark.parametrize(
    ("path", "names", "least"),
    [
        ("chat/api/messages/sendMessage", ["room", "message", "urgent"], 2),
        ("chat/api/messages/anything", ["value"], 1),
        ("chat/api/messages/whisper", ["text"], 1),
        ("news/api/messages/send-message", ["message", "tags"], 2),
    ],
)
def test_arguments_are_named_and_counted_without_what_is_injected(path: str, names: list[str], least: int) -> None:
    arguments = body_of(f"/v1/{path}")["properties"]["arguments"]
    assert [item["title"] for item in arguments["prefixItems"]] == names
    assert (arguments["type"], arguments["minItems"], arguments["maxItems"]) == ("array", least, len(names))


def test_arguments_have_their_types_and_defaults() -> None:
    room, message, urgent = body_of("/v1/chat/api/messages/sendMessage")["properties"]["arguments"]["prefixItems"]
    assert room["type"] == "string"
    assert resolve(message["$ref"])["properties"]["txt"]["description"] == "The words"
    assert (urgent["type"], urgent["default"]) == ("boolean", False)


def test_the_rest_of_the_arguments_are_items_without_a_limit() -> None:
    arguments = body_of("/v1/chat/api/messages/count")["properties"]["arguments"]
    assert (arguments["type"], arguments["items"]["type"]) == ("array", "string")
    assert "maxItems" not in arguments


@pytest.mark.parametrize("path", MESSAGES)
def test_a_completion_has_a_type_an_id_and_an_error(path: str) -> None:
    completion = completion_of(path)
    assert completion["properties"]["type"]["const"] == 3
    assert completion["required"] == ["type", "invocationId"]
    assert "error" in completion["properties"]


def test_a_result_has_the_type_that_its_method_returns() -> None:
    results = {path.rpartition("/")[2]: completion_of(path)["properties"].get("result") for path in MESSAGES}
    assert resolve(results["sendMessage"]["$ref"])["properties"]["id"]["format"] == "uuid"
    assert results["count"]["type"] == "integer"
    assert results["clear"] is None
    assert "type" not in results["anything"]
    assert [choice["type"] for choice in results["send-message"]["anyOf"]] == ["array", "null"]


@pytest.mark.parametrize("path", EVENTS)
def test_refusals_are_documented_and_only_connected_can_be_forbidden(path: str) -> None:
    responses = set(operation(path)["responses"])
    assert {"200", "400", "401", "413", "415"} <= responses
    assert ("403" in responses) == path.endswith("/connected")
    assert "422" not in responses


def test_a_method_without_arguments_is_documented_with_an_empty_array() -> None:
    arguments = body_of("/v1/chat/api/messages/clear")["properties"]["arguments"]
    assert (arguments["type"], arguments["maxItems"]) == ("array", 0)


@pytest.mark.parametrize("path", [path for path, text in EVENTS.items() if text is None])
def test_an_event_whose_method_has_no_docstring_has_no_text_of_ours(path: str) -> None:
    assert not operation(path).get("description")
