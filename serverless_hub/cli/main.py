"""Where the command begins."""

import sys
from importlib import import_module

from serverless_hub.cli.codes import USAGE

__all__ = ["main"]

_PACKAGES = ("typer", "rich")


def main() -> None:
    """Run the command and exit; say what to install where that is missing."""
    try:
        commands = import_module("serverless_hub.cli.commands")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _PACKAGES:
            raise
        sys.stderr.write(f"The command needs {error.name}, which is not installed: pip install 'serverless-hub[cli]'\n")
        sys.exit(USAGE)
    commands.app()
