"""From errors to texts and exit codes."""

from collections.abc import Generator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from serverless_hub.cli.codes import FAILED, USAGE
from serverless_hub.cli.user_errors import AppImportError
from serverless_hub.errors import ConfigurationError, ServiceError, TokenError

__all__ = ["exit_codes"]


@contextmanager
def exit_codes() -> Generator[None]:
    """Exit with the code of what is raised in the body, and say why on stderr.

    A TokenError is about a token that was to be made; a ValueError is what our own functions say of a value.
    """
    try:
        yield
    except AppImportError as error:
        raise _exit(error, FAILED) from None
    except (ConfigurationError, TokenError, ValueError) as error:
        raise _exit(error, USAGE) from None
    except (ServiceError, OSError) as error:
        raise _exit(error, FAILED) from None


def _exit(error: Exception, code: int) -> typer.Exit:
    Console(stderr=True).print(Text.assemble(("Error: ", "bold red"), str(error)), soft_wrap=True)
    return typer.Exit(code)
