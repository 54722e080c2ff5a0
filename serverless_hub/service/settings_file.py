"""`settings.json`: where events go, in the format of Microsoft's emulator.

Source: Azure docs `signalr-howto-emulator.md` and `concept-upstream.md`. What else stands at the top of the file
belongs to others and is passed over, as .NET does; below `UpstreamSettings`, a name that means nothing is an error,
since a misspelt pattern would take all events.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_json import members, read_json
from serverless_hub.service.upstream_rules import (
    ANY,
    UpstreamPattern,
    UpstreamRule,
    UpstreamRules,
    category_pattern,
    hub_pattern,
)
from serverless_hub.service.upstream_template import UpstreamTemplate

__all__ = ["EXAMPLE", "read_settings"]

_SECTION = "UpstreamSettings"
_TEMPLATES = f"{_SECTION}:Templates"
_KEYS = ("UrlTemplate", "HubPattern", "EventPattern", "CategoryPattern", "Auth")
_TYPES = ("None", "ManagedIdentity")
_T = TypeVar("_T")

EXAMPLE = """\
{
  // Every event goes to the first template that takes it. A pattern is *, a name, or "a, b".
  "UpstreamSettings": {
    "Templates": [
      {
        "UrlTemplate": "http://localhost:8000/runtime/webhooks/signalr",
        "HubPattern": "*",
        "EventPattern": "*",
        "CategoryPattern": "*"
      }
    ]
  }
}
"""
"""A file to begin with: all events go to an app on this machine that a HubRouter is installed in."""


def read_settings(data: bytes, variable: Callable[[str], str | None]) -> UpstreamRules | None:
    """Return the rules of a file; None where it says nothing about them.

    Args:
        data: what it holds.
        variable: gives the value of an environment variable, for Key Vault references.

    Raises:
        ConfigurationError: it cannot be used. The text says where, and holds no value.
    """
    section = members("", read_json(data)).get(_SECTION.lower())
    if section is None:
        return None
    templates = members(_SECTION, section, ("Templates",)).get("templates", [])
    if not isinstance(templates, list):
        raise ConfigurationError(f"{_TEMPLATES} has to be a list in brackets")
    items = enumerate(cast("list[object]", templates))
    return UpstreamRules(tuple(_rule(f"{_TEMPLATES}:{number}", item, variable) for number, item in items))


def _rule(path: str, item: Any, variable: Callable[[str], str | None]) -> UpstreamRule:
    found = members(path, item, _KEYS)

    def template(text: str) -> UpstreamTemplate:
        return UpstreamTemplate(text, variable, default_path="/")

    def pattern(name: str, make: Callable[[str], UpstreamPattern]) -> UpstreamPattern:
        return _read(path, found, name, make) or ANY

    url = _read(path, found, "UrlTemplate", template)
    if url is None:
        raise ConfigurationError(f"{path} has no UrlTemplate: write where its events go")
    return UpstreamRule(
        url,
        pattern("HubPattern", hub_pattern),
        pattern("CategoryPattern", category_pattern),
        pattern("EventPattern", UpstreamPattern),
        _resource(f"{path}:Auth", found.get("auth", {})),
    )


def _resource(path: str, value: Any) -> str | None:
    found = members(path, value, ("Type", "ManagedIdentity"))
    kind = _read(path, found, "Type", str.lower) or "none"
    if kind not in {name.lower() for name in _TYPES}:
        raise ConfigurationError(f"{path}:Type has to be {' or '.join(_TYPES)}")
    if kind == "none":
        return None
    path += ":ManagedIdentity"
    resource = _read(path, members(path, found.get("managedidentity", {}), ("Resource",)), "Resource", str.strip)
    if not resource:
        raise ConfigurationError(f"{path}:Resource is missing: write the audience that the app expects in tokens")
    return resource


def _read(path: str, found: dict[str, Any], name: str, make: Callable[[str], _T]) -> _T | None:
    """Return what `make` makes of a text; None where there is none."""
    value = found.get(name.lower())
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"{path}:{name} has to be a text in quotes")
    try:
        return make(value)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}:{name}: {error}") from None
