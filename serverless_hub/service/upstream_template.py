"""Which URL the events of a hub are posted to.

Source: Azure docs `concept-upstream.md` and the emulator's UpstreamTemplateItem.cs: `{hub}`, `{category}` and `{event}`
are replaced, escaped; their case counts. References to secrets of a Key Vault are replaced once, when it is read.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.service_url import service_url
from serverless_hub.protocol.upstream import WEBHOOK_PATH
from serverless_hub.service.forbidden_hosts import is_forbidden_host

__all__ = ["SECRET_VARIABLE", "UpstreamTemplate"]

SECRET_VARIABLE = "SERVERLESS_HUB_SECRET_"  # noqa: S105 - the name of a variable
"""Followed by the name of a Key Vault secret, in capitals and with `_` for `-`: the variable that stands for it."""
_PARTS = re.compile(r"(?P<base>[^/?#]*//[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?")
_PLACEHOLDER = re.compile(r"\{(hub|category|event)\}")
_REFERENCE = re.compile(
    r"\{@Microsoft\.KeyVault\(\s*SecretUri=https://[a-z0-9.-]+/secrets/(?P<name>[a-z0-9-]{1,127})"
    r"(?:/[a-z0-9]*)?/?\s*\)\}",
    re.ASCII | re.IGNORECASE,
)
_ANY_REFERENCE = "{@"
_NAME = "the upstream URL"
_MASK = "***"
_NO_URL = f"{_NAME} is not an http(s) URL without a fragment: write all of it, such as http://localhost:8000"


class UpstreamTemplate:
    """A URL with or without placeholders.

    Without a path, it is an app that `HubRouter` is installed in, at the path where that takes all events. With one it
    is taken as it stands, as Azure does.

    Args:
        text: http or https. A query is kept, such as `?code=...`.
        variable: gives the value of an environment variable, for references to Key Vault secrets.
        default_path: stands where the text has none.

    Raises:
        ConfigurationError: it cannot be called; the text holds no part of it but the name of a secret.
    """

    def __init__(
        self, text: str, variable: Callable[[str], str | None] = lambda _: None, *, default_path: str = WEBHOOK_PATH
    ) -> None:
        masked = _split(_REFERENCE.sub(_MASK, text))
        if any(part in masked["base"] for part in ("{", "}", _MASK)):
            raise ConfigurationError(f"{_NAME} has a placeholder in its scheme or host: put it into the path")
        if not masked["base"].lower().startswith(("http://", "https://")):
            raise ConfigurationError(_NO_URL)
        base = service_url(_NAME, masked["base"])
        if is_forbidden_host(urlsplit(base).hostname or ""):
            raise ConfigurationError(f"{_NAME} has a link-local or metadata address as its host: no app lives there")
        whole = _split(_REFERENCE.sub(lambda found: quote(_secret(found["name"], variable), safe=""), text))
        path, shown_path = (parts["path"] if parts["path"].strip("/") else default_path for parts in (whole, masked))
        query = whole["query"] or ""
        _check(path + query)
        self._hidden_query = "?…" if query else ""
        self._shown = f"{base}{shown_path}"
        self._template = f"{base}{path}{query}"

    @property
    def shown(self) -> str:
        """The URL without secrets and without its query, which may hold a key."""
        return self._shown + self._hidden_query

    def __repr__(self) -> str:
        return f"UpstreamTemplate({self.shown!r})"

    def url(self, hub: str, category: str, event: str) -> str:
        """Return where an event goes."""
        return _fill(self._template, hub, category, event)

    def shown_url(self, hub: str, category: str, event: str) -> str:
        """Return where an event goes, without secrets and query."""
        return _fill(self._shown, hub, category, event) + self._hidden_query


def _split(text: str) -> "re.Match[str]":
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ConfigurationError(_NO_URL)
    return parts


def _fill(template: str, hub: str, category: str, event: str) -> str:
    values = {"hub": hub, "category": category, "event": event}
    return _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), template)


def _secret(name: str, variable: Callable[[str], str | None]) -> str:
    asked = SECRET_VARIABLE + name.upper().replace("-", "_")
    value = variable(asked)
    if not value:
        raise ConfigurationError(
            f"{_NAME} takes a secret from a Key Vault, which nobody asks here: put it into the environment variable "
            f"{asked}"
        )
    return value


def _check(target: str) -> None:
    """Refuse what is not a path with a query."""
    plain = _PLACEHOLDER.sub("", target)
    if _ANY_REFERENCE in plain:
        raise ConfigurationError(
            f"{_NAME} has a reference that is not of the form "
            "{@Microsoft.KeyVault(SecretUri=https://<vault>.vault.azure.net/secrets/<name>)}"
        )
    if "{" in plain or "}" in plain:
        raise ConfigurationError(
            f"{_NAME} has other braces than those of {{hub}}, {{category}} and {{event}}: write these, in lower case, "
            "or %7B and %7D for braces"
        )
    if not plain.isascii() or not plain.isprintable() or " " in plain or "\\" in plain:
        raise ConfigurationError(
            f"{_NAME} has characters that no URL has: percent-encode them, such as %20 for a space"
        )
