"""All commands, with examples of their use."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from serverless_hub.cli import groups
from serverless_hub.cli.calling import call, listen
from serverless_hub.cli.closing import close_connection, close_user
from serverless_hub.cli.codes import APP_EPILOG, CLIENT_EPILOG, EPILOG
from serverless_hub.cli.creating import new
from serverless_hub.cli.developing import dev
from serverless_hub.cli.doctor import doctor
from serverless_hub.cli.health import health
from serverless_hub.cli.initializing import init
from serverless_hub.cli.negotiating import negotiate
from serverless_hub.cli.output import say
from serverless_hub.cli.running import run
from serverless_hub.cli.sending import send
from serverless_hub.cli.service import service
from serverless_hub.cli.targets import targets
from serverless_hub.cli.upstream_settings import upstream_settings

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    name="serverless-hub",
    help="Write, run and check an app with hubs; run a SignalR service, and talk to one anywhere.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # They would show keys and tokens.
    rich_markup_mode="rich",
)


def _say_version(asked: bool) -> None:
    if asked:
        number = version("serverless-hub")
        say(f"serverless-hub {number}", {"version": number}, as_json=False)
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


_YOURS, _SERVES, _CLIENT, _TALKS = "Your app", "Run", "As a client", "Talk to a service"
"""What commands are listed below."""
_EPILOGS = {_YOURS: APP_EPILOG, _SERVES: APP_EPILOG, _CLIENT: CLIENT_EPILOG}


def _group(name: str, text: str, panel: str, *, runs: bool = False) -> typer.Typer:
    made = typer.Typer(
        help=text, epilog=EPILOG, no_args_is_help=not runs, invoke_without_command=runs, rich_markup_mode="rich"
    )
    app.add_typer(made, name=name, rich_help_panel=panel)
    return made


def _help(function: Callable[..., None], *examples: str) -> str:
    """Return the docstring of `function` with examples of its use."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    text = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
    lines = "\n".join(f"  serverless-hub {example}" for example in examples)
    return f"{text}\n\nExamples:\n\n\b\n{lines}"


def _add(
    group: typer.Typer, name: str, function: Callable[..., None], *examples: str, panel: str | None = None
) -> None:
    """Make a command of `function`, which its docstring explains."""
    epilog = EPILOG if panel is None else _EPILOGS.get(panel, EPILOG)
    group.command(name, help=_help(function, *examples), epilog=epilog, rich_help_panel=panel)(function)


_add(app, "new", new, "new chat", "new wall --dir projects", panel=_YOURS)
_add(app, "dev", dev, "dev main:app", "dev main:app --open --port 8080", panel=_YOURS)
_add(app, "targets", targets, "targets main:app", "targets main:app --json", panel=_YOURS)
_add(
    app,
    "doctor",
    doctor,
    "doctor main:app",
    "doctor main:app --url https://app.example.com --origin https://www.example.com",
    panel=_YOURS,
)
_add(
    app,
    "upstream-settings",
    upstream_settings,
    "upstream-settings main:app --url https://app.example.com",
    "upstream-settings main:app --url https://app.example.com --format bicep > signalr.bicep",
    "upstream-settings main:app --url http://localhost:8000 --format emulator > settings.json",
    panel=_YOURS,
)
_add(
    app,
    "run",
    run,
    "run main:app",
    "run main:app --host 0.0.0.0 --port 80 --forwarded-allow-ips 10.0.0.7",
    panel=_SERVES,
)
_service = _group(
    "service",
    _help(
        service,
        "service --upstream http://localhost:8000",
        "service --settings settings.json --explain chat/messages/sendMessage",
        "service --upstream 'http://localhost:7071/{hub}/api/{category}/{event}?code=...'",
        "service --host 0.0.0.0 --upstream http://app:8000   # with SERVERLESS_HUB_ACCESS_KEY set",
    ),
    _SERVES,
    runs=True,
)
_service.callback()(service)
_add(_service, "init", init, "service init", "service init deploy/settings.json")
_groups = _group("groups", "See and change who is in a group.", _TALKS)
_users = _group("users", "Close the connections of users.", _TALKS)
_connections = _group("connections", "Close connections.", _TALKS)

_add(
    app,
    "call",
    call,
    "call http://localhost:8000 chat/sendMessage lobby Hello",
    "call http://localhost:8000 chat/move '{\"x\": 3}' --header 'Authorization: Bearer ...'",
    panel=_CLIENT,
)
_add(
    app,
    "listen",
    listen,
    "listen http://localhost:8000/chat",
    "listen http://localhost:8000/chat --count 1 | jq .",
    panel=_CLIENT,
)
_add(
    app,
    "send",
    send,
    "send news 'It rains.' --hub chat",
    'send scored 3 \'{"by": "ann"}\' --hub game --group red',
    panel=_TALKS,
)
_add(
    app,
    "negotiate",
    negotiate,
    "negotiate --hub chat --user ann --claim role=admin",
    "negotiate --hub chat --json",
    panel=_TALKS,
)
_add(app, "health", health, "health", "health --json", panel=_TALKS)
_add(
    _groups,
    "add",
    groups.add,
    "groups add red --user ann --ttl 3600 --hub game",
    "groups add red --connection 1Zx9 --hub game",
)
_add(_groups, "remove", groups.remove, "groups remove red --user ann --user ben --hub game")
_add(_groups, "list", groups.list_members, "groups list red --hub game", "groups list red --hub game --json")
_add(_groups, "close", groups.close, "groups close red --reason 'The game is over.' --hub game")
_add(_users, "close", close_user, "users close ann --reason 'See you tomorrow.' --hub chat")
_add(_connections, "close", close_connection, "connections close 1Zx9 --hub chat")
