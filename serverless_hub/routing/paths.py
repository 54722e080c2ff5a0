"""Paths with a hub's name in them, which matches ignoring case."""

import re
from hashlib import sha256

from starlette.convertors import Convertor, register_url_convertor

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.upstream import WEBHOOK_PATH

__all__ = ["AsItStands", "UpstreamPaths", "hub_parameter"]


class AsItStands(Convertor[str]):
    """Takes a part of a path for what it is; subclasses say which parts, with `regex`."""

    def convert(self, value: str) -> str:
        """Return the name as it stands in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Return the name."""
        return value


def hub_parameter(name: str) -> str:
    """Return a path parameter `{hub:...}` that matches `name` in any case, and nothing else."""
    name = name.lower()
    key = "hub_" + sha256(name.encode()).hexdigest()[:16]
    convertor = type("HubName", (AsItStands,), {"regex": f"(?i:{re.escape(name)})"})
    register_url_convertor(key, convertor())
    return f"{{hub:{key}}}"


class UpstreamPaths:
    """What the paths of upstream calls to a router below `prefix` look like; hubs may come later.

    Raises:
        ConfigurationError: the prefix has parameters, or slashes in the wrong places.
    """

    def __init__(self, prefix: str) -> None:
        if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
            raise ConfigurationError(f"prefix={prefix!r} must begin with a slash and not end with one")
        if "{" in prefix:
            raise ConfigurationError(f"prefix={prefix!r} must not have parameters: no service knows their values")
        self.prefix = prefix
        self._hubs: set[str] = set()
        self._webhook = prefix + WEBHOOK_PATH
        self._start = prefix + "/"

    def add(self, hub: str) -> None:
        """Take calls for one more hub."""
        self._hubs.add(hub.lower())

    def match(self, path: str) -> dict[str, str] | None:
        """Return the path parameters of `path`, None for a path of something else."""
        if path == self._webhook:
            return {}
        if not path.startswith(self._start):
            return None
        hub, _, rest = path[len(self._start) :].partition("/api/")
        category, _, event = rest.partition("/")
        if not category or not event or hub.lower() not in self._hubs:
            return None
        return {"hub": hub, "category": category, "event": event}
