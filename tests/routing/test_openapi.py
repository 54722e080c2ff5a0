"""The OpenAPI document as a whole: valid, complete, every event once."""

from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from serverless_hub import HubRouter, ServerlessHub, hub_method
from tests.routing.caller import calling
from tests.routing.document import DOCUMENT, EVENTS, NEGOTIATIONS, nodes, operation, resolve
from tests.routing.documented_hubs import documented_router


def unresolved(document: dict[str, Any]) -> list[str]:
    """Return the references that point nowhere."""
    missing: list[str] = []
    for reference in (node["$ref"] for node in nodes(document) if "$ref" in node):
        try:
            resolve(reference, document)
        except KeyError:
            missing.append(reference)
    return missing


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_reference_points_somewhere() -> None:
    assert unresolved(DOCUMENT) == []
    assert unresolved({"a": [{"$ref": "#/b"}, {"$ref": "#/c/d"}], "b": 1}) == ["#/c/d"]


def test_each_event_and_each_negotiate_has_exactly_one_operation() -> None:
    assert sorted(DOCUMENT["paths"]) == sorted([*EVENTS, *NEGOTIATIONS])
    assert all(list(operations) == ["post"] for operations in DOCUMENT["paths"].values())


def test_operation_ids_are_unique_and_say_what_they_are() -> None:
    ids = [operation(path)["operationId"] for path in DOCUMENT["paths"]]
    assert len(set(ids)) == len(ids)
    assert {"chat_connections_connected", "chat_messages_sendMessage", "news_negotiate"} <= set(ids)


@pytest.mark.parametrize("path", [*EVENTS, *NEGOTIATIONS])
def test_operations_have_the_tags_of_the_router_and_a_summary(path: str) -> None:
    assert operation(path)["tags"] == ["hubs"]
    hub, event = path.split("/")[2], path.rpartition("/")[2]
    assert operation(path)["summary"] == f"{hub.title()}: {event}"


async def test_the_document_and_its_page_are_served() -> None:
    async with calling(documented_router(prefix="/v1", tags=["hubs"])) as caller:
        for path, part in (("/docs", b"swagger"), ("/redoc", b"redoc"), ("/openapi.json", b"/v1/chat/api/messages/")):
            answer = await caller.post([], path=path, method="GET")
            assert answer.status == 200
            assert part in answer.body


@pytest.mark.parametrize("target", ["{it}", "say/{it}", "{it:int}", "{", "}"])
def test_a_target_with_braces_is_no_path_parameter(target: str) -> None:
    class Odd(ServerlessHub):
        @hub_method(target)
        async def odd(self) -> None: ...

    app = FastAPI()
    HubRouter(Odd).install(app)
    validate(app.openapi())
