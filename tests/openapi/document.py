"""Ways to look things up in an OpenAPI document."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

__all__ = ["body_of", "completion_of", "nodes", "operations", "resolve", "schema_at", "unresolved"]


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every operation by its path; all are POST."""
    return {path: item["post"] for path, item in document["paths"].items()}


def nodes(node: dict[str, Any] | list[Any] | str | float | None) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from nodes(child)


def resolve(reference: str, document: dict[str, Any]) -> Any:
    """Return what a reference within a document points to; raises LookupError."""
    start, *parts = reference.split("/")
    if start != "#":
        raise LookupError(reference)
    found: Any = document
    for part in parts:
        found = found[unquote(part).replace("~1", "/").replace("~0", "~")]
    return found


def unresolved(document: dict[str, Any]) -> list[str]:
    """Return the references that point nowhere, those of discriminators among them."""
    references = [node["$ref"] for node in nodes(document) if isinstance(node.get("$ref"), str)]
    mappings = [node["mapping"] for node in nodes(document) if "propertyName" in node and "mapping" in node]
    missing: list[str] = []
    for reference in [*references, *(target for mapping in mappings for target in mapping.values())]:
        try:
            resolve(reference, document)
        except (LookupError, TypeError):
            missing.append(reference)
    return missing


def schema_at(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema itself, where it may be a reference."""
    found: dict[str, Any] = resolve(schema["$ref"], document) if "$ref" in schema else schema
    return found


def body_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of an event's body in JSON."""
    content = operations(document)[path]["requestBody"]["content"]["application/json"]
    return schema_at(document, content["schema"])


def completion_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of what answers a call."""
    content = operations(document)[path]["responses"]["200"]["content"]["application/json"]
    return schema_at(document, content["schema"])
