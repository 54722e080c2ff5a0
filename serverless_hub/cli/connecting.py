"""From a connection string to a hub that one can talk to, for as long as a command runs."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from serverless_hub.cli.failing import exit_codes
from serverless_hub.errors import ConfigurationError

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["CONNECTION_STRING_VARIABLE", "choose_connection_string", "with_hub"]

CONNECTION_STRING_VARIABLE = "AzureSignalRConnectionString"
_T = TypeVar("_T")


def choose_connection_string(given: str | None, environ: Mapping[str, str]) -> str:
    """Return the connection string on the command line, else the one in the environment.

    Raises:
        ConfigurationError: there is none.
    """
    text = environ.get(CONNECTION_STRING_VARIABLE) if given is None else given
    if text is None:
        raise ConfigurationError(
            f"which service? Set {CONNECTION_STRING_VARIABLE} to its connection string, or give --connection-string"
        )
    return text


def with_hub(connection_string: str | None, hub: str, steps: Callable[["HubContext"], Awaitable[_T]]) -> _T:
    """Do `steps` with the hub `hub` and return their result; exit with a text and a code where that fails.

    Args:
        connection_string: from the command line; None takes the one in the environment.
        hub: the hub's name.
        steps: what to do.
    """
    from serverless_hub.management.hub_context import HubContext  # noqa: PLC0415 - the service starts in half the time without it

    async def run() -> _T:
        text = choose_connection_string(connection_string, os.environ)
        async with HubContext.from_connection_string(text, hub) as context:
            return await steps(context)

    with exit_codes():
        return asyncio.run(run())
