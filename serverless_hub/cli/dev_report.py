"""What `serverless-hub dev` says when an app is served: where it is, what can be called, and where events go."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.text import Text

from serverless_hub.cli.app_services import UsedService
from serverless_hub.cli.described import Described
from serverless_hub.cli.targets import targets_table

__all__ = ["DevReport"]


@dataclass(frozen=True, slots=True)
class DevReport:
    """An app that is served."""

    place: str
    url: str
    """Where."""
    services: Sequence[UsedService]
    events: Sequence[Described]
    docs: str | None
    """The path of the app's own documentation, if it has one."""
    watched: str | None
    """The folder whose changes start it again, if any do."""

    def to_json(self) -> str:
        """Return one line."""
        said: dict[str, Any] = {
            "app": self.place,
            "url": self.url,
            "hubs": {hub: self._hub_url(used, hub) for used in self.services for hub in used.hubs},
            "targets": [event.to_dict() for event in self.events],
            "services": [
                {
                    "hubs": list(used.hubs),
                    "service": used.names or "embedded",
                    "events": self.url + used.router.webhook,
                    "connectionString": self._connection_string(used),
                }
                for used in self.services
            ],
            "watched": self.watched,
        }
        return json.dumps(said, ensure_ascii=False)

    def print(self, console: Console) -> None:
        """Write it for people."""
        console.print(Text(f"serverless-hub {version('serverless-hub')} at {self.url}", "bold green"), soft_wrap=True)
        for used in self.services:
            for hub in used.hubs:
                _line(console, f"hub {hub}", self._hub_url(used, hub))
        for used in self.services:
            self._print_service(console, used)
        if self.docs is not None:
            _line(console, "docs", f"{self.url}{self.docs}")
        if self.services:
            console.print(targets_table(list(self.events)))
        else:
            _hint(console, f"{self.place} has no HubRouter that can be seen: install one with router.install(app)")
        restarts = "" if self.watched is None else f"Changes below {self.watched} start it again. "
        console.print(Text(f"  {restarts}Ctrl+C ends it.", "dim"), soft_wrap=True)

    def print_again(self, console: Console) -> None:
        """Write that it is served again, after a change."""
        console.print(Text(f"Started again at {self.url}, {len(self.events)} events", "bold green"), soft_wrap=True)

    def _print_service(self, console: Console, used: UsedService) -> None:
        names = ", ".join(used.hubs)
        if used.local is not None:
            _line(console, "service", f"embedded, with the events of {names} in this process")
            if console.is_terminal:  # What is no terminal may be a log that others read.
                _line(console, "connection string", self._connection_string(used) or "")
            return
        _line(console, "service", f"{used.names}, as {used.setting} says")
        _line(console, "events come to", f"{self.url}{used.router.webhook}")
        _hint(
            console,
            f"The events of {names} come from there only if it reaches this app. Unset {used.setting} for the "
            "embedded service.",
        )

    def _hub_url(self, used: UsedService, hub: str) -> str:
        return f"{self.url}{used.router.prefix}/{used.router.client_name(hub)}"

    def _connection_string(self, used: UsedService) -> str | None:
        if used.local is None:
            return None
        endpoint = f"{self.url}{used.router.prefix}{used.local.path}"
        return f"Endpoint={endpoint};AccessKey={used.local.keys[0]};Version=1.0;"


def _line(console: Console, name: str, value: str) -> None:
    console.print(Text.assemble(f"  {name:<18} ", (value, "bold")), soft_wrap=True)


def _hint(console: Console, text: str) -> None:
    console.print(Text(f"  {text}", "yellow"), soft_wrap=True)
