"""The OpenAPI document of an app with hubs and functions: valid, whole, every event once, as it travels."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from tests.openapi.app import ODD_TARGETS, app_with
from tests.openapi.document import body_of, completion_of, operations, unresolved

DOCUMENT = app_with().openapi()
CALLS = ["draw", "attach", "store", "order", "translate", "anything", "nameless"]
EVENTS = [
    *(f"/{hub}/api/connections/{event}" for hub in ("board", "odd") for event in ("connected", "disconnected")),
    "/news/api/connections/connected",
    *(f"/board/api/messages/{target}" for target in CALLS),
    *(f"/odd/api/messages/{quote(target, safe='')}" for target in ODD_TARGETS),
    *(f"/news/api/messages/{target}" for target in ("publish", "raw")),
]
MESSAGES = [path for path in EVENTS if "/messages/" in path]


def arguments_of(target: str, hub: str = "board") -> dict[str, Any]:
    found: dict[str, Any] = body_of(DOCUMENT, f"/{hub}/api/messages/{target}")["properties"]["arguments"]
    return found


def test_the_document_is_valid() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_a_document_that_is_not_valid_would_not_pass() -> None:
    path, operation = next(iter(DOCUMENT["paths"].items()))
    with pytest.raises(OpenAPIValidationError):
        validate({**DOCUMENT, "paths": {path: {"post": {**operation["post"], "parameters": [{"in": "nowhere"}]}}}})


def test_every_reference_points_somewhere() -> None:
    assert unresolved(DOCUMENT) == []


@pytest.mark.parametrize("lost", ["Attachment-Input", "Circle", "BoardDrawInvocation"])
def test_a_reference_that_points_nowhere_would_be_found(lost: str) -> None:
    schemas = {name: schema for name, schema in DOCUMENT["components"]["schemas"].items() if name != lost}
    assert set(unresolved({**DOCUMENT, "components": {"schemas": schemas}})) == {f"#/components/schemas/{lost}"}


def test_each_event_has_exactly_one_operation() -> None:
    negotiations = [f"/{hub}/negotiate" for hub in ("board", "odd", "news")]
    assert sorted(DOCUMENT["paths"]) == sorted([*EVENTS, *negotiations])
    assert len(set(EVENTS)) == len(EVENTS)


def test_no_two_operations_have_one_id_and_every_id_can_stand_in_code() -> None:
    ids = [operation["operationId"] for operation in operations(DOCUMENT).values()]
    assert len(set(ids)) == len(ids)
    assert all(name.replace("-", "_").isidentifier() and name.isascii() for name in ids), ids


def test_no_two_models_need_the_name_of_a_module() -> None:
    assert [name for name in DOCUMENT["components"]["schemas"] if "__routing__" in name] == []


@pytest.mark.parametrize("path", EVENTS)
def test_the_tag_of_an_event_is_its_hub(path: str) -> None:
    hub = {"board": "Board", "odd": "Odd", "news": "news"}[path.split("/")[1]]
    assert operations(DOCUMENT)[path]["tags"] == [hub]


def test_tags_of_the_router_take_the_place_of_the_hubs() -> None:
    assert {*map(str, (o["tags"] for o in operations(app_with(tags=["live"]).openapi()).values()))} == {"['live']"}


@pytest.mark.parametrize("path", EVENTS)
def test_an_event_is_signed_and_says_what_it_is_in_headers(path: str) -> None:
    operation = operations(DOCUMENT)[path]
    assert operation["security"] == [{"SignalRSignature": []}]
    said = {found["name"]: found["schema"].get("const") for found in operation["parameters"] if found["required"]}
    _, hub, _, category, event = path.split("/")
    assert said == {
        "X-ASRS-Connection-Id": None,
        "X-ASRS-Hub": hub,
        "X-ASRS-Category": category,
        "X-ASRS-Event": unquote(event),
    }


def test_the_signature_is_the_header_that_a_service_sends() -> None:
    (scheme,) = DOCUMENT["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-ASRS-Signature")


def test_docstrings_of_methods_functions_and_hooks_are_descriptions() -> None:
    described = {
        path: operation["description"] for path, operation in operations(DOCUMENT).items() if "description" in operation
    }
    assert {path: text for path, text in described.items() if "negotiate" not in path} == {
        "/board/api/connections/connected": "Greet in the client's language.",
        "/board/api/messages/draw": "Draw a shape.",
        "/board/api/messages/nameless": "Take what has no JSON schema.",
        "/news/api/messages/publish": "Publish an article.",
    }


@pytest.mark.parametrize(
    ("hub", "target", "names", "least", "most"),
    [
        ("board", "draw", ["shape", "at", "scale"], 2, 3),
        ("board", "attach", ["attachment"], 1, None),
        ("board", "store", ["data"], 1, 1),
        ("board", "order", ["count", "note"], 1, None),
        ("board", "translate", ["text"], 1, 1),
        ("board", "anything", ["value"], 1, 1),
        ("board", "nameless", ["value", "count"], 2, 2),
        ("news", "publish", ["title", "body"], 2, 2),
        ("news", "raw", [], 0, None),
    ],
)
def test_arguments_are_named_and_counted(hub: str, target: str, names: list[str], least: int, most: int | None) -> None:
    shown = arguments_of(target, hub)
    assert [item["title"] for item in shown.get("prefixItems", [])] == names
    assert (shown["type"], shown["minItems"], shown.get("maxItems")) == ("array", least, most)
    assert ("items" in shown) == (most is None)


def test_the_rest_of_the_arguments_has_its_type() -> None:
    assert arguments_of("attach")["items"]["$ref"] == "#/components/schemas/Attachment-Input"
    assert arguments_of("order")["items"]["type"] == "string"
    assert arguments_of("raw", "news")["items"] == {}


def test_a_discriminated_union_and_a_dataclass_are_shown_as_such() -> None:
    shape, at, scale = arguments_of("draw")["prefixItems"]
    assert set(shape["discriminator"]["mapping"]) == {"circle", "square"}
    assert at["$ref"] == "#/components/schemas/Point"
    assert (scale["type"], scale["default"]) == ("number", 1)


def test_bytes_are_shown_in_base64() -> None:
    (data,) = arguments_of("store")["prefixItems"]
    result = completion_of(DOCUMENT, "/board/api/messages/store")["properties"]["result"]
    assert [(shown["type"], shown["contentEncoding"], shown.get("format")) for shown in (data, result)] == [
        ("string", "base64", None)
    ] * 2


def test_what_has_no_json_schema_may_be_anything_and_hides_nothing_else() -> None:
    value, count = arguments_of("nameless")["prefixItems"]
    assert value == {"title": "value"}
    assert count["type"] == "integer"


def test_results_have_the_types_that_methods_return() -> None:
    found = {path.rpartition("/")[2]: completion_of(DOCUMENT, path)["properties"] for path in MESSAGES}
    assert found["draw"]["result"]["$ref"] == "#/components/schemas/Point"
    assert found["attach"]["result"]["items"]["$ref"] == "#/components/schemas/Attachment-Output"
    assert found["order"]["result"]["$ref"] == "#/components/schemas/Receipt"
    assert found["publish"]["result"]["type"] == "integer"
    assert "result" not in found["nameless"]


@pytest.mark.parametrize("path", MESSAGES)
def test_calls_and_completions_travel_in_json_and_messagepack(path: str) -> None:
    operation = operations(DOCUMENT)[path]
    for content in (operation["requestBody"]["content"], operation["responses"]["200"]["content"]):
        assert list(content) == ["application/json", "application/x-msgpack"]


@pytest.mark.parametrize("path", [path for path in EVENTS if path not in MESSAGES])
def test_the_answer_to_an_event_of_a_connection_has_no_body(path: str) -> None:
    assert "content" not in operations(DOCUMENT)[path]["responses"]["200"]


@pytest.mark.parametrize("path", EVENTS)
def test_refusals_say_why_and_only_a_connection_can_be_forbidden(path: str) -> None:
    responses = operations(DOCUMENT)[path]["responses"]
    refusals = {
        status: found["content"]["application/json"]["schema"]
        for status, found in responses.items()
        if status[0] == "4"
    }
    assert set(refusals) - {"403"} == {"400", "401", "404", "413", "415", "429", "431"}
    assert ("403" in refusals) == path.endswith("/connections/connected")
    assert list(map(str, refusals.values())) == ["{'$ref': '#/components/schemas/SignalREventRefusal'}"] * len(refusals)
