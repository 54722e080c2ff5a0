"""`serverless-hub health`."""

from typing import TYPE_CHECKING

import typer

from serverless_hub.cli.codes import FAILED
from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString
from serverless_hub.cli.output import say

if TYPE_CHECKING:
    from serverless_hub.management.endpoints import EndpointState
    from serverless_hub.management.hub_context import HubContext

__all__ = ["health"]

_ANY_HUB = "health"
"""It is asked of the whole service."""


def health(*, connection_string: ConnectionString = None, as_json: AsJson = False) -> None:
    """Ask a service whether it is well: exit code 0 if so, 1 if it says no or nothing.

    No key is needed for that, so none is checked: send something to nobody to try yours.
    """

    async def steps(context: "HubContext") -> "EndpointState":
        (state,) = await context.check_endpoints()
        return state

    state = with_hub(connection_string, _ANY_HUB, steps)
    if state.problem is None:
        text = f"{state.url} is healthy; the key was not checked."
    else:
        text = f"{state.url} is not healthy, or not reached: {state.problem}"
    say(text, {"url": state.url, "healthy": state.online, "problem": state.problem}, as_json=as_json)
    if not state.online:
        raise typer.Exit(FAILED)
