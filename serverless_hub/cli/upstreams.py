"""Where events go: what `--upstream`, `--settings` or a `settings.json` in the working folder says."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.upstream import Category
from serverless_hub.service.events import is_safe_target
from serverless_hub.service.settings_watch import load_settings
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules
from serverless_hub.service.upstream_template import UpstreamTemplate

__all__ = ["DEFAULT_FILE", "Explained", "Upstreams", "choose_upstreams", "explain_event"]

DEFAULT_FILE = "settings.json"
"""In the working folder, as Microsoft's emulator has it."""
_MARK = b"upstreamsettings"


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The rules at the start, and the file that they are from."""

    rules: UpstreamRules = UpstreamRules()  # noqa: RUF009 - it is never changed
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """An event, and what would become of it."""

    event: str
    """As it was asked for."""
    number: int | None = None
    """Of the rule that takes it, from 1 on; None where it goes nowhere."""
    url: str | None = None
    """Where it goes, without secrets."""


def choose_upstreams(upstream: str | None, settings: Path | None, variable: Callable[[str], str | None]) -> Upstreams:
    """Return what the command line says, else what a `settings.json` in the working folder does, if there is one.

    Args:
        upstream: one URL for all events.
        settings: a file with rules.
        variable: gives the value of an environment variable.

    Raises:
        ConfigurationError: there are two, or one that cannot be used.
    """
    if upstream is not None and settings is not None:
        raise ConfigurationError("--upstream and --settings both say where events go: give one of them")
    if upstream is not None:
        return Upstreams(UpstreamRules((UpstreamRule(UpstreamTemplate(upstream, variable)),)))
    path = settings or _found()
    return Upstreams() if path is None else Upstreams(load_settings(path, variable), path)


def explain_event(text: str, rules: UpstreamRules) -> Explained:
    """Return what would become of an event, given as `hub/category/event`.

    Raises:
        ConfigurationError: there is no such event.
    """
    hub, _, rest = text.partition("/")
    category, _, event = rest.partition("/")
    if not hub or category not in set(Category) or not is_safe_target(event):
        raise ConfigurationError(
            f"--explain {text!r} is no event: write HUB/messages/TARGET, such as chat/messages/sendMessage, or "
            "HUB/connections/connected"
        )
    rule = rules.find(hub, category, event)
    if rule is None:
        return Explained(text)
    number = next(number for number, each in enumerate(rules.rules, 1) if each is rule)
    return Explained(text, number, rule.template.shown_url(hub.lower(), category, event))


def _found() -> Path | None:
    """Return the file in the working folder, unless it is another program's."""
    path = Path(DEFAULT_FILE)
    return path if path.is_file() and _MARK in path.read_bytes().lower() else None
