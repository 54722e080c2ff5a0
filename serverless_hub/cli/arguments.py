"""What stands on the command line, as values."""

import json
from collections.abc import Sequence
from typing import Any

import typer

from serverless_hub.hub.clients import ClientProxy, Clients
from serverless_hub.protocol.values import to_json

__all__ = ["Receivers", "read_argument", "read_claims", "read_headers"]


def read_argument(text: str) -> Any:
    """Return the value that `text` is in JSON, else `text` itself.

    Raises:
        typer.BadParameter: no message can hold it: its characters are no UTF-8, or it has numbers beyond 64 bits.
    """
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # NaN, 1e999 and their like are no JSON.
    except (ValueError, RecursionError):
        value = text
    try:
        to_json(value)
    except TypeError as error:
        raise typer.BadParameter(f"an argument cannot be sent: {error}") from error
    return value


def read_claims(texts: Sequence[str]) -> dict[str, Any]:
    """Return claims from `NAME=VALUE`; a name that stands there more than once has a list of values.

    Raises:
        typer.BadParameter: one has another form.
    """
    claims: dict[str, list[str]] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise typer.BadParameter("write NAME=VALUE", param_hint="--claim")
        claims.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in claims.items()}


def read_headers(texts: Sequence[str]) -> dict[str, str]:
    """Return headers from `NAME: VALUE`.

    Raises:
        typer.BadParameter: one has another form.
    """
    headers: dict[str, str] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or not text.isprintable() or not text.isascii():
            raise typer.BadParameter("write 'NAME: VALUE'", param_hint="--header")
        headers[name.strip()] = value.strip()
    return headers


class Receivers:
    """Whom a message is for: everybody, or those of one kind.

    Raises:
        typer.BadParameter: there are several kinds, or connections are left out where a service cannot do that.
    """

    def __init__(
        self, *, users: Sequence[str], groups: Sequence[str], connections: Sequence[str], excluded: Sequence[str]
    ) -> None:
        given = {"users": users, "groups": groups, "connections": connections}
        kinds = [kind for kind, names in given.items() if names]
        if len(kinds) > 1:
            raise typer.BadParameter("give users, groups or connections: a message is for one kind of receivers")
        self.kind: str = kinds[0] if kinds else "all"
        self.names: list[str] = list(given.get(self.kind, ()))
        self.excluded: list[str] = list(excluded)
        if self.excluded and self.kind != "all" and (self.kind != "groups" or len(self.names) > 1):
            raise typer.BadParameter("connections can be left out of everybody or of one group", param_hint="--except")

    def among(self, clients: Clients) -> ClientProxy:
        """Return what stands for them."""
        if self.excluded:
            names = self.names
            return clients.group_except(names[0], self.excluded) if names else clients.all_except(self.excluded)
        match self.kind:
            case "users":
                return clients.users(self.names)
            case "groups":
                return clients.groups(self.names)
            case "connections":
                return clients.clients(self.names)
            case _:
                return clients.all

    def __str__(self) -> str:
        if not self.names:
            return "everybody"
        return f"{self.kind if len(self.names) > 1 else self.kind.removesuffix('s')} {', '.join(self.names)}"
