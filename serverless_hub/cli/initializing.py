"""`serverless-hub service init`: a settings file to begin with."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.options import AsJson
from serverless_hub.cli.output import say
from serverless_hub.cli.service_options import DEFAULT_PORT
from serverless_hub.cli.upstreams import DEFAULT_FILE
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_file import EXAMPLE

__all__ = ["init"]

_CONNECTION_STRING = f"Endpoint=http://127.0.0.1:{DEFAULT_PORT};AccessKey={DEVELOPMENT_KEY};Version=1.0;"


def init(
    path: Annotated[Path, typer.Argument(help="The file, or the folder that it comes into.")] = Path(DEFAULT_FILE),
    *,
    as_json: AsJson = False,
) -> None:
    """Write a settings file that sends all events to an app on this machine; one that is there is left alone.

    It says what to do next, with the connection string for the app.
    """
    with exit_codes():
        path = path / DEFAULT_FILE if path.is_dir() else path
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(EXAMPLE)
        except FileExistsError as error:
            raise ConfigurationError(f"{path} is there already, and is left as it is: name another file") from error
    text = f"""Wrote {path}. Start the service with it:

  serverless-hub service --settings {shlex.quote(str(path))}

and the app with this connection string:

  AzureSignalRConnectionString='{_CONNECTION_STRING}'
"""
    say(text, {"path": str(path), "connectionString": _CONNECTION_STRING}, as_json=as_json)
