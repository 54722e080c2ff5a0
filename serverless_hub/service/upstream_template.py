"""Which URL the events of a hub are posted to.

Source: Azure docs `concept-upstream.md` and the emulator's UpstreamTemplateItem.cs: `{hub}`, `{category}` and `{event}`
are replaced, escaped; their case counts.
"""

import re
from urllib.parse import quote

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.service_url import service_url
from serverless_hub.protocol.upstream import WEBHOOK_PATH

__all__ = ["UpstreamTemplate"]

_PARTS = re.compile(r"(?P<base>[^/?#]*//[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?")
_PLACEHOLDER = re.compile(r"\{(hub|category|event)\}")
_NAME = "the upstream URL"


class UpstreamTemplate:
    """A URL with or without placeholders.

    Without a path, it is an app that `HubRouter` is installed in, at the path where that takes all events. With one it
    is taken as it stands, as Azure does.

    Args:
        text: http or https. A query is kept, such as `?code=...`.

    Raises:
        ConfigurationError: it cannot be called; the text holds no part of it.
    """

    def __init__(self, text: str) -> None:
        parts = _PARTS.fullmatch(text)
        if parts is None:
            raise ConfigurationError(f"{_NAME} is not an http(s) URL without a fragment: write http://host:port/path")
        if "{" in parts["base"] or "}" in parts["base"]:
            raise ConfigurationError(f"{_NAME} has a placeholder in its scheme or host: put it into the path")
        base = service_url(_NAME, parts["base"])
        path = parts["path"] if parts["path"].strip("/") else WEBHOOK_PATH
        query = parts["query"] or ""
        _check(path + query)
        self.shown = f"{base}{path}{'?…' if query else ''}"
        """The URL without its query, which may hold a key."""
        self._template = f"{base}{path}{query}"

    def __repr__(self) -> str:
        return f"UpstreamTemplate({self.shown!r})"

    def url(self, hub: str, category: str, event: str) -> str:
        """Return where an event goes."""
        values = {"hub": hub, "category": category, "event": event}
        return _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), self._template)


def _check(target: str) -> None:
    """Refuse what is not a path with a query."""
    plain = _PLACEHOLDER.sub("", target)
    if "{" in plain or "}" in plain:
        raise ConfigurationError(
            f"{_NAME} has other braces than those of {{hub}}, {{category}} and {{event}}: write these, in lower case, "
            "or %7B and %7D for braces"
        )
    if not plain.isascii() or not plain.isprintable() or " " in plain or "\\" in plain:
        raise ConfigurationError(
            f"{_NAME} has characters that no URL has: percent-encode them, such as %20 for a space"
        )
