"""All commands, with examples of their use."""

import inspect
from collections.abc import Callable

import typer

from serverless_hub.cli.codes import EPILOG
from serverless_hub.cli.service import service

__all__ = ["app"]

app = typer.Typer(
    name="serverless-hub",
    help="Run a SignalR service here, or talk to one anywhere.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # They would show keys and tokens.
    rich_markup_mode="rich",
)


@app.callback()
def _program() -> None: ...


def _add(group: typer.Typer, function: Callable[..., None], *examples: str, name: str | None = None) -> None:
    """Make a command of `function`, which its docstring explains."""
    text = "\n\n".join(paragraph.replace("\n", " ") for paragraph in (inspect.getdoc(function) or "").split("\n\n"))
    lines = "\n".join(f"  {example}" for example in examples)
    group.command(name, help=f"{text}\n\nExamples:\n\n\b\n{lines}", epilog=EPILOG)(function)


_add(
    app,
    service,
    "serverless-hub service --upstream http://localhost:8000",
    "serverless-hub service --upstream 'http://localhost:7071/{hub}/api/{category}/{event}?code=...'",
    "SERVERLESS_HUB_ACCESS_KEY=... serverless-hub service --host 0.0.0.0 --upstream http://app:8000",
)
