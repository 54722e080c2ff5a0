"""`serverless-hub health`."""

import typer

from serverless_hub.cli.codes import FAILED
from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString
from serverless_hub.cli.output import say
from serverless_hub.cli.remote_hub import RemoteHub

__all__ = ["health"]

_ANY_HUB = "health"
"""It is asked of the whole service."""


def health(*, connection_string: ConnectionString = None, as_json: AsJson = False) -> None:
    """Ask a service whether it is well: exit code 0 if so, 1 if not."""

    async def steps(context: RemoteHub) -> bool:
        return await context.is_healthy()

    is_healthy = with_hub(connection_string, _ANY_HUB, steps)
    say(
        "The service is healthy." if is_healthy else "The service answers that it is not healthy.",
        {"healthy": is_healthy},
        as_json=as_json,
    )
    if not is_healthy:
        raise typer.Exit(FAILED)
