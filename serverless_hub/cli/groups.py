"""`serverless-hub groups`: who is in which group."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from serverless_hub.cli.connecting import with_hub
from serverless_hub.cli.options import AsJson, ConnectionString, Excluded, HubName, Reason
from serverless_hub.cli.output import say
from serverless_hub.hub.ports import GroupMember

if TYPE_CHECKING:
    from serverless_hub.management.hub_context import HubContext

__all__ = ["add", "close", "list_members", "remove"]

_Group = Annotated[str, typer.Argument(help="The group's name; case counts.")]
_User = Annotated[
    list[str] | None,
    typer.Option("--user", help="A user, with all connections, those to come too. Repeatable."),
]
_Connection = Annotated[list[str] | None, typer.Option("--connection", help="A connection. Repeatable.")]


def add(
    group: _Group,
    *,
    hub: HubName,
    user: _User = None,
    connection: _Connection = None,
    ttl: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long users stay members; 0 is for the connections that are open now.",
            show_default="as long as the service keeps them",
        ),
    ] = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Make users or connections members of a group."""
    _check(user, connection)
    if ttl is not None and not user:
        raise typer.BadParameter("only users have it: a connection is a member until it ends", param_hint="--ttl")

    async def steps(context: "HubContext") -> None:
        for connection_id in connection or ():
            await context.groups.add(connection_id, group)
        for user_id in user or ():
            await context.user_groups.add(user_id, group, ttl=ttl)

    with_hub(connection_string, hub, steps)
    _say_members(f"Added to group {group!r} of hub {hub!r}", hub, group, user, connection, as_json=as_json)


def remove(
    group: _Group,
    *,
    hub: HubName,
    user: _User = None,
    connection: _Connection = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """End the membership of users or connections, where there is one."""
    _check(user, connection)

    async def steps(context: "HubContext") -> None:
        for connection_id in connection or ():
            await context.groups.remove(connection_id, group)
        for user_id in user or ():
            await context.user_groups.remove(user_id, group)

    with_hub(connection_string, hub, steps)
    _say_members(f"Removed from group {group!r} of hub {hub!r}", hub, group, user, connection, as_json=as_json)


def list_members(
    group: _Group, *, hub: HubName, connection_string: ConnectionString = None, as_json: AsJson = False
) -> None:
    """List the connections of a group, with their users."""

    async def steps(context: "HubContext") -> list[GroupMember]:
        return [member async for member in context.groups.members(group)]

    members = with_hub(connection_string, hub, steps)
    if as_json or not members:
        found = [{"connectionId": member.connection_id, "userId": member.user_id} for member in members]
        document = {"hub": hub, "group": group, "members": found}
        say(f"Nobody is in group {group!r} of hub {hub!r}.", document, as_json=as_json)
        return
    table = Table("connection", "user", box=None)
    for member in members:
        table.add_row(Text(member.connection_id, overflow="fold"), Text(member.user_id or "-", overflow="fold"))
    Console().print(table)


def close(
    group: _Group,
    *,
    hub: HubName,
    reason: Reason = None,
    excluded: Excluded = None,
    connection_string: ConnectionString = None,
    as_json: AsJson = False,
) -> None:
    """Close all connections of a group; their clients may come back."""

    async def steps(context: "HubContext") -> None:
        await context.groups.close(group, reason, excluded=excluded or ())

    with_hub(connection_string, hub, steps)
    say(
        f"The service was asked to close group {group!r} of hub {hub!r}.", {"hub": hub, "group": group}, as_json=as_json
    )


def _check(users: Sequence[str] | None, connections: Sequence[str] | None) -> None:
    if not users and not connections:
        raise typer.BadParameter("say whom", param_hint="--user or --connection")


def _say_members(
    done: str,
    hub: str,
    group: str,
    users: Sequence[str] | None,
    connections: Sequence[str] | None,
    *,
    as_json: bool,
) -> None:
    named = [f"user {name}" for name in users or ()] + [f"connection {name}" for name in connections or ()]
    document = {"hub": hub, "group": group, "users": users or [], "connections": connections or []}
    say(f"{done}: {', '.join(named)}.", document, as_json=as_json)
