"""`serverless-hub negotiate`."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from serverless_hub.cli.arguments import read_claims
from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString, HubName
from serverless_hub.cli.output import say
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["negotiate"]


def negotiate(
    *,
    hub: HubName,
    user: Annotated[str | None, typer.Option(help="Whose connection it will be.", show_default="anonymous")] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What the token says of the client. Repeatable.")
    ] = None,
    lifetime: Annotated[int, typer.Option(min=1, metavar="SECONDS", help="How long it may take to connect.")] = 3600,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Print where a client connects to a hub, and its access token.

    Whoever has the token can connect with it. With --json it is what clients get from your app's negotiate endpoint.
    """
    claims = read_claims(claim or ())
    try:
        negotiation = Negotiation(user_id=user, claims=claims, lifetime=timedelta(seconds=lifetime))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    async def steps(context: "HubContext") -> SignalRConnectionInfo:
        return await context.negotiate(negotiation)

    info = with_hub(connection_string, hub, steps)
    say(f"url           {info.url}\naccess token  {info.accessToken}", info.model_dump(), as_json=as_json)
