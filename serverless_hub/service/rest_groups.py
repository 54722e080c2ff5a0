"""Operations on memberships of connections and users in groups."""

from typing import Any
from urllib.parse import urlencode

from serverless_hub.protocol.rest import MAX_PAGE_SIZE, ErrorCode
from serverless_hub.service.rest_answers import Report
from serverless_hub.service.rest_call import RestCall
from serverless_hub.service.rest_lookups import not_found

__all__ = [
    "add_connection",
    "add_user",
    "list_members",
    "remove_connection",
    "remove_connection_from_all",
    "remove_user",
    "remove_user_from_all",
]


async def add_connection(call: RestCall) -> Report:
    """Make a connection a member of a group; 404 where it is not open, which Azure's SDK takes for success."""
    if not call.hub.registry.join(call.names["connection"], call.names["group"]):
        raise not_found("the connection is not open", ErrorCode.JOINING_CONNECTION_NOT_EXISTED)
    return Report("Connection")


async def remove_connection(call: RestCall) -> Report:
    """End the membership of a connection in a group, if there is one."""
    call.hub.registry.leave(call.names["connection"], call.names["group"])
    return Report("Connection")


async def remove_connection_from_all(call: RestCall) -> Report:
    """End all memberships of a connection, if there are any."""
    call.hub.registry.leave_all(call.names["connection"])
    return Report("Connection")


async def add_user(call: RestCall) -> Report:
    """Make a user a member of a group, connected or not, for `ttl` seconds."""
    call.hub.users.add(call.names["user"], call.names["group"], call.query.number("ttl", 0))
    return Report("User")


async def remove_user(call: RestCall) -> None:
    """End the membership of a user in a group, if there is one."""
    call.hub.users.remove(call.names["user"], call.names["group"])


async def remove_user_from_all(call: RestCall) -> None:
    """End all memberships of a user, if there are any."""
    call.hub.users.remove_all(call.names["user"])


async def list_members(call: RestCall) -> dict[str, Any]:
    """Answer a page of the connections in a group, and the URL of the next one.

    That URL asks for the rest: its `top` is what is left of it.
    """
    size = call.query.number("maxpagesize", 1, MAX_PAGE_SIZE) or MAX_PAGE_SIZE
    top = call.query.number("top", 1)
    wanted = size if top is None else min(size, top)
    members, following = call.hub.members(call.names["group"], wanted, call.query.text("continuationtoken"))
    page: dict[str, Any] = {"value": [_member(member.id, member.user_id) for member in members]}
    left = None if top is None else top - len(members)
    if following is not None and left != 0:
        query = {
            "maxpagesize": size,
            "top": left,
            "application": call.query.text("application"),
            "api-version": call.query.text("api-version"),
            "continuationToken": following,
        }
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        page["nextLink"] = f"{call.endpoint}{call.path}?{asked}"
    return page


def _member(connection_id: str, user_id: str | None) -> dict[str, str]:
    return {"connectionId": connection_id} | ({} if user_id is None else {"userId": user_id})
