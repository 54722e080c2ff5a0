"""`serverless-hub send`."""

from typing import TYPE_CHECKING, Annotated

import typer

from serverless_hub.cli.arguments import Receivers, read_argument
from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString, Excluded, HubName
from serverless_hub.cli.output import say

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["send"]


def send(
    target: Annotated[str, typer.Argument(help="The name that clients listen to.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="JSON; what is not JSON is text.")] = None,
    *,
    hub: HubName,
    user: Annotated[list[str] | None, typer.Option(help="Only this user. Repeatable.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only this group. Repeatable.")] = None,
    connection: Annotated[list[str] | None, typer.Option(help="Only this connection. Repeatable.")] = None,
    excluded: Excluded = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Send a message to everybody in a hub, or to those who are named.

    Arguments are JSON where they can be read as JSON, else text: 5 is a number, '"5"' and five are texts. Put -- before
    arguments that begin with a dash. Done means that the service has accepted the message, not that somebody got it.
    """
    receivers = Receivers(users=user or (), groups=group or (), connections=connection or (), excluded=excluded or ())
    values = [read_argument(text) for text in arguments or ()]

    async def steps(context: "HubContext") -> None:
        await receivers.among(context.clients).send(target, *values)

    with_hub(connection_string, hub, steps)
    document = {"hub": hub, "target": target, "receivers": {"kind": receivers.kind, "names": receivers.names}}
    say(f"Sent {target!r} to {receivers} of hub {hub!r}.", document, as_json=as_json)
