"""Paths with a hub's name in them, which matches ignoring case."""

import re
from collections.abc import Iterable
from hashlib import sha256

from starlette.convertors import Convertor, register_url_convertor

__all__ = ["WEBHOOK_PATH", "hub_parameter", "upstream_pattern"]

WEBHOOK_PATH = "/runtime/webhooks/signalr"
"""What Azure Functions' users have in their upstream settings."""


class _AsItStands(Convertor[str]):
    def convert(self, value: str) -> str:
        """Return the name as it stands in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Return the name."""
        return value


def hub_parameter(names: Iterable[str]) -> str:
    """Return a path parameter `{hub:...}` that matches `names` in any case, and nothing else."""
    names = sorted({name.lower() for name in names})
    key = "hubs_" + sha256("/".join(names).encode()).hexdigest()[:16]
    convertor = type("HubNames", (_AsItStands,), {"regex": f"(?i:{_alternatives(names)})"})
    register_url_convertor(key, convertor())
    return f"{{hub:{key}}}"


def upstream_pattern(prefix: str, names: Iterable[str]) -> re.Pattern[str]:
    """Return what the path of an upstream call to a router below `prefix` looks like."""
    event = rf"/(?P<hub>(?i:{_alternatives(names)}))/api/(?P<category>[^/]+)/(?P<event>.+)"
    return re.compile(rf"{re.escape(prefix)}(?:{re.escape(WEBHOOK_PATH)}|{event})", re.DOTALL)


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in names)
