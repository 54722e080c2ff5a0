"""What the service says when it has started."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.cli.upstreams import Explained, Upstreams
from serverless_hub.service.upstream_rules import ANY, UpstreamRule

__all__ = ["StartReport"]

_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class StartReport:
    """How to reach the service, and where it sends events."""

    url: str
    """Where it listens."""
    public_url: str
    """Where others reach it."""
    access_key: str = field(repr=False)
    upstreams: Upstreams
    explained: Sequence[Explained] = ()
    """What would become of some events."""
    key_path: Path | None = None
    """Where the key is kept, if it was made for the user."""

    @property
    def connection_string(self) -> str:
        """What an app is told; a secret key is for whoever has chosen it to put in."""
        is_known = self.access_key == DEVELOPMENT_KEY or self.key_path is not None
        return self._connection_string(self.access_key if is_known else _HIDDEN)

    @property
    def upstream(self) -> str | None:
        """Where all events go, without secrets; None where they go to several places, or nowhere."""
        rules = self.upstreams.rules.rules
        return rules[0].template.shown if len(rules) == 1 and _takes_all(rules[0]) else None

    def to_json(self) -> str:
        """Return one line."""
        path = self.upstreams.path
        said: dict[str, Any] = {
            "url": self.url,
            "connectionString": self.connection_string,
            "upstream": self.upstream,
            "settings": None if path is None else str(path),
            "templates": [dict(zip(_KEYS, _row(rule), strict=True)) for rule in self.upstreams.rules.rules],
            "explained": [{"event": each.event, "template": each.number, "url": each.url} for each in self.explained],
        }
        return json.dumps(said, ensure_ascii=False)

    def print(self, console: Console) -> None:
        """Write it for people."""
        title = f"serverless-hub {version('serverless-hub')} at {self.url}"
        console.print(Text(title, style="bold green"), soft_wrap=True)
        shows = self.key_path is None or console.is_terminal  # What is no terminal may be a log that others read.
        _line(console, "connection string", self.connection_string if shows else self._connection_string(_HIDDEN))
        _line(console, "events go to", self.upstream or self._summary())
        if self.upstream is None and self.upstreams.rules.rules:
            console.print(self._table())
        for each in self.explained:
            _line(console, each.event, "nowhere" if each.url is None else f"{each.url} (template {each.number})")
        if self.key_path is not None:
            _line(console, "key kept in", str(self.key_path))
        if self.access_key != DEVELOPMENT_KEY and not (shows and self.key_path is not None):
            console.print(f"  Put your key in the place of {_HIDDEN}", style="yellow", soft_wrap=True)
        if self.access_key == DEVELOPMENT_KEY:
            warning = "  Everybody knows the access key: only this machine is served."
            console.print(warning, style="yellow", soft_wrap=True)
        console.print("  Ctrl+C ends it.", style="dim", soft_wrap=True)

    def _connection_string(self, key: str) -> str:
        return f"Endpoint={self.public_url};AccessKey={key};Version=1.0;"

    def _summary(self) -> str:
        rules, path = self.upstreams.rules.rules, self.upstreams.path
        if rules:
            return f"the first template of {path} that takes them"
        if path is None:
            return "nowhere: say with --upstream where your app is"
        return f"nowhere: {path} has no templates"

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=True)
        for name in ("#", "hub", "category", "event", "URL", "token for"):
            table.add_column(Text(name), overflow="fold")
        for number, rule in enumerate(self.upstreams.rules.rules, 1):
            table.add_row(*(Text(text or "") for text in (str(number), *_row(rule))))
        return table


_KEYS = ("hub", "category", "event", "url", "resource")


def _row(rule: UpstreamRule) -> tuple[str | None, ...]:
    return rule.hubs.text, rule.categories.text, rule.events.text, rule.template.shown, rule.resource


def _takes_all(rule: UpstreamRule) -> bool:
    return all(pattern.text == ANY.text for pattern in (rule.hubs, rule.categories, rule.events))


def _line(console: Console, name: str, value: str) -> None:
    text = Text.assemble(f"  {name:<18} ", (value, "bold"))
    console.print(text, soft_wrap=True)  # in one line, to be copied
