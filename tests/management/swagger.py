"""Requests checked against the published description of the REST API."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from openapi_schema_validator import OAS30Validator

from tests.management.wire import Request

__all__ = ["WrongRequestError", "check", "operations"]

_FILE = Path(__file__).parent.parent / "rest_api" / "swagger" / "signalr-data-plane-2024-12-01.json"
_SPEC: dict[str, Any] = json.loads(_FILE.read_text())


def operations() -> dict[str, tuple[str, re.Pattern[str], dict[str, Any]]]:
    """Return method, pattern of the path and description of each operation, by its name."""
    return {
        operation["operationId"]: (method.upper(), _pattern(path), operation)
        for path, methods in _SPEC["paths"].items()
        for method, operation in methods.items()
    }


class WrongRequestError(Exception):
    """The API does not have such a request."""


def check(request: Request) -> str:
    """Return the name of the operation that `request` is; raises `WrongRequestError` for none."""
    for name, (method, pattern, operation) in operations().items():
        match = pattern.fullmatch(request.path)
        if method == request.method and match is not None:
            _check_values(request, operation, {key: [unquote(value)] for key, value in match.groupdict().items()})
            _check_body(request, operation)
            return name
    raise WrongRequestError(request.path)


def _check_values(request: Request, operation: dict[str, Any], names: dict[str, list[str]]) -> None:
    given = names | parse_qs(urlsplit(request.target).query, keep_blank_values=True)
    parameters = {one["name"]: one for one in operation["parameters"] if one["in"] != "body"}
    missing = {name for name, one in parameters.items() if one.get("required")} - given.keys()
    if missing or given.keys() - parameters.keys():
        raise WrongRequestError(f"{missing} are missing, and {given.keys() - parameters.keys()} are not known")
    for name, values in given.items():
        _check_value(parameters[name], values)


def _pattern(path: str) -> re.Pattern[str]:
    parts = (f"(?P<{part[1:-1]}>[^/:]+)" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return re.compile("/".join(parts))


def _check_value(parameter: dict[str, Any], values: list[str]) -> None:
    repeated = parameter["type"] == "array"
    rules = parameter["items"] if repeated else parameter
    if len(values) > 1 and not repeated:
        raise WrongRequestError(f"{parameter['name']} is there {len(values)} times")
    kept = {"type", "pattern", "minimum", "maximum", "minLength", "maxLength"} & rules.keys()
    for text in values:
        value = text if rules["type"] == "string" else json.loads(text)
        _validate(value, {key: rules[key] for key in kept})


def _check_body(request: Request, operation: dict[str, Any]) -> None:
    [schema] = [one["schema"] for one in operation["parameters"] if one["in"] == "body"] or [None]
    if schema is None:
        # The description lists a type for the items of streams, and no body.
        if request.body and "consumes" not in operation and "/streams/" not in request.path:
            raise WrongRequestError("a body")
        return
    content_type = request.headers["content-type"]
    if content_type not in operation["consumes"]:
        raise WrongRequestError(content_type)
    if content_type == "application/json":
        _validate(json.loads(request.body), schema | {"definitions": _SPEC["definitions"]})


def _validate(value: Any, schema: dict[str, Any]) -> None:
    problems = [error.message for error in OAS30Validator(schema).iter_errors(value)]
    if problems:
        raise WrongRequestError(problems)
