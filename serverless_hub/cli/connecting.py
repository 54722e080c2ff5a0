"""From a connection string or settings to a hub that one can talk to, for as long as a command runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from serverless_hub.cli.failing import exit_codes

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["with_hub"]

_T = TypeVar("_T")


def with_hub(connection_string: str | None, hub: str, steps: Callable[["HubContext"], Awaitable[_T]]) -> _T:
    """Do `steps` with the hub `hub` and return their result; exit with a text and a code where that fails.

    Args:
        connection_string: from the command line; None finds the service as apps do, by the environment.
        hub: the hub's name.
        steps: what to do.
    """
    from serverless_hub.management.hub_context import HubContext  # noqa: PLC0415 - the service starts in half the time without it

    async def run() -> _T:
        if connection_string is None:
            context = HubContext.from_settings(hub)
        else:
            context = HubContext.from_connection_string(connection_string, hub)
        async with context:
            return await steps(context)

    with exit_codes():
        return asyncio.run(run())
