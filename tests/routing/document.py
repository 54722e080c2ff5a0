"""The OpenAPI document of the documented hubs, and ways to look things up in it."""

from collections.abc import Iterator
from typing import Any

from tests.routing.documented_hubs import documented_app

__all__ = [
    "DOCUMENT",
    "EVENTS",
    "MESSAGES",
    "NEGOTIATIONS",
    "body_of",
    "completion_of",
    "nodes",
    "operation",
    "resolve",
]

DOCUMENT = documented_app(prefix="/v1", tags=["hubs"]).openapi()
EVENTS = {
    "/v1/chat/api/connections/connected": "Enter the lobby.",
    "/v1/chat/api/connections/disconnected": None,
    "/v1/chat/api/messages/anything": "Take and return anything.",
    "/v1/chat/api/messages/clear": "Forget everything.",
    "/v1/chat/api/messages/count": None,
    "/v1/chat/api/messages/sendMessage": "Send a message to a room.\n\nEverybody in it gets it.",
    "/v1/chat/api/messages/whisper": None,
    "/v1/news/api/connections/connected": None,
    "/v1/news/api/connections/disconnected": "Count readers.",
    "/v1/news/api/messages/send-message": "Publish.",
}
"""Each event, and what the docstring of its method says."""
MESSAGES = [path for path in EVENTS if "/messages/" in path]
NEGOTIATIONS = ["/v1/chat/negotiate", "/v1/news/negotiate"]


def nodes(node: dict[str, Any] | list[Any] | str | float | None) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from nodes(child)


def resolve(reference: str, document: dict[str, Any] = DOCUMENT) -> Any:
    """Return what a reference points to; raises KeyError."""
    found: Any = document
    assert reference.startswith("#/")
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def operation(path: str) -> dict[str, Any]:
    """Return what is documented at `path`."""
    found: dict[str, Any] = DOCUMENT["paths"][path]["post"]
    return found


def body_of(path: str) -> dict[str, Any]:
    """Return the schema of an event's body in JSON."""
    content = operation(path)["requestBody"]["content"]["application/json"]
    found: dict[str, Any] = resolve(content["schema"]["$ref"])
    return found


def completion_of(path: str) -> dict[str, Any]:
    """Return the schema of what answers a call."""
    content = operation(path)["responses"]["200"]["content"]["application/json"]
    found: dict[str, Any] = resolve(content["schema"]["$ref"])
    return found
