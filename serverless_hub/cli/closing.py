"""`serverless-hub users close` and `serverless-hub connections close`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString, Excluded, HubName, Reason
from serverless_hub.cli.output import say

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["close_connection", "close_user"]


def close_user(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    *,
    hub: HubName,
    reason: Reason = None,
    excluded: Excluded = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Close all connections of a user; their clients may come back."""

    async def steps(context: "HubContext") -> None:
        await context.users.close(user, reason, excluded=excluded or ())

    with_hub(connection_string, hub, steps)
    say(
        f"The service was asked to close the connections of user {user!r} in hub {hub!r}.",
        {"hub": hub, "user": user},
        as_json=as_json,
    )


def close_connection(
    connection: Annotated[str, typer.Argument(help="The connection's id.")],
    *,
    hub: HubName,
    reason: Reason = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Close a connection; its client may come back."""

    async def steps(context: "HubContext") -> None:
        await context.connections.close(connection, reason)

    with_hub(connection_string, hub, steps)
    document = {"hub": hub, "connection": connection}
    say(f"The service was asked to close connection {connection!r} of hub {hub!r}.", document, as_json=as_json)
