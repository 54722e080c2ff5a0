"""Binding expressions of Azure Functions: `{name}`, `{headers.x}`, `{query.x}` and `%Setting%` inside of a text.

Source: Functions extension, NegotiationBaseAttribute.cs; Azure docs, `functions-bindings-expressions-patterns.md`.
"""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.settings import resolve_setting
from serverless_hub.protocol.endpoint import HUB_NAME
from serverless_hub.protocol.values import to_json
from serverless_hub.routing.injector import running_call

__all__ = ["Expression"]

_PART = re.compile(r"\{([^{}]*)\}")
_KNOWN = re.compile(r"headers\.[^.{}\s]+|query\.[^{}]+|[^\W\d]\w*")


class Expression:
    """A text with places to fill in from a request, or from the event that a function runs for.

    Args:
        text: `%Setting%` is filled in at once.

    Raises:
        ConfigurationError: a setting is missing, or what stands between braces is no binding expression.
    """

    def __init__(self, text: str) -> None:
        resolved = resolve_setting(text)
        literals = _PART.split(resolved)
        self._literals, self._names = literals[::2], literals[1::2]
        if any("{" in literal or "}" in literal for literal in self._literals):
            raise ConfigurationError(f"{text!r} has a brace without its other half")
        for name in self._names:
            if not _KNOWN.fullmatch(name):
                raise ConfigurationError(
                    f"{{{name}}} is no binding expression: use {{headers.name}}, {{query.name}}, or in a function "
                    "the name of an argument"
                )

    def evaluate(self, request: Request) -> str:
        """Return the text for one request.

        Raises:
            HTTPException: 400 for something that is not there.
        """
        values = [*(_value(name, request) for name in self._names), ""]
        return "".join(part for pair in zip(self._literals, values, strict=True) for part in pair)

    def evaluate_hub(self, request: Request) -> str:
        """Return the name of a hub; raises `HTTPException` 400 also for what cannot be one."""
        name = self.evaluate(request)
        if not HUB_NAME.fullmatch(name):
            raise HTTPException(400, f"{name!r} cannot be the name of a hub")
        return name


def _value(name: str, request: Request) -> str:
    running = running_call(request)
    kind, _, key = name.partition(".")
    source: Mapping[str, Any]
    if kind == "headers" and key:
        source = request.headers
    elif kind == "query" and key:
        # The query of an event's own URL is the service's; what its client connected with is in the context.
        source = request.query_params if running is None else running.call.context.query
    else:
        key = name
        source = request.path_params if running is None else running.named()
    if key not in source:
        raise HTTPException(400, f"{{{name}}} is needed here, and the request has none")
    found = source[key]
    return found if isinstance(found, str) else to_json(found).decode()
