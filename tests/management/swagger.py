"""Requests checked against the published description of the REST API."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from openapi_schema_validator import OAS30Validator

from tests.management.wire import Request

__all__ = ["check", "operations"]

_FILE = Path(__file__).parent.parent / "rest_api" / "swagger" / "signalr-data-plane-2024-12-01.json"
_SPEC: dict[str, Any] = json.loads(_FILE.read_text())
_NUMBERS = {"integer": int, "boolean": json.loads}


def operations() -> dict[str, tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Return method, pattern of the path and description of each operation, by its name."""
    return {
        operation["operationId"]: (method.upper(), _pattern(path), operation)
        for path, methods in _SPEC["paths"].items()
        for method, operation in methods.items()
    }


def check(request: Request) -> str:
    """Return the name of the operation that `request` is; raises for one that the API does not have."""
    [name] = [
        name
        for name, (method, pattern, _) in operations().items()
        if method == request.method and pattern.fullmatch(request.path)
    ]
    _, pattern, operation = operations()[name]
    match = pattern.fullmatch(request.path)
    assert match is not None
    values = {"path": match.groupdict(), "query": parse_qs(urlsplit(request.target).query, keep_blank_values=True)}
    known = {parameter["name"]: parameter for parameter in operation["parameters"] if parameter["in"] == "query"}
    assert values["query"].keys() <= known.keys()
    for parameter in operation["parameters"]:
        if parameter["in"] == "body":
            _check_body(request, operation, parameter)
        else:
            _check_value(parameter, values[parameter["in"]].get(parameter["name"]))
    if not any(parameter["in"] == "body" for parameter in operation["parameters"]) and "streams" not in request.path:
        assert request.body == b""
    return name


def _pattern(path: str) -> re.Pattern[str]:
    parts = (f"(?P<{part[1:-1]}>[^/:]+)" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return re.compile("/".join(parts))


def _check_value(parameter: dict[str, Any], given: Any) -> None:
    if given is None:
        assert not parameter.get("required")
        return
    items = given if parameter["in"] == "query" else [unquote(given)]
    repeated = parameter["type"] == "array"
    assert repeated or len(items) == 1
    for item in items:
        rules = parameter["items"] if repeated else parameter
        value = _NUMBERS.get(rules["type"], str)(item)
        kept = {"type", "pattern", "minimum", "maximum", "minLength", "maxLength"}
        OAS30Validator({key: rules[key] for key in kept & rules.keys()}).validate(value)


def _check_body(request: Request, operation: dict[str, Any], parameter: dict[str, Any]) -> None:
    assert request.headers["content-type"] in operation["consumes"]
    if request.headers["content-type"] == "application/json":
        schema = parameter["schema"] | {"definitions": _SPEC["definitions"]}
        OAS30Validator(schema).validate(orjson.loads(request.body))
