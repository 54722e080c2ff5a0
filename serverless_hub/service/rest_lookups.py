"""Operations that ask whether something is there: 200, or 404 with a code that tells it from a wrong URL."""

from http import HTTPStatus

from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_call import RestCall

__all__ = ["check_connection", "check_group", "check_user", "check_user_in_group", "not_found"]


async def check_connection(call: RestCall) -> None:
    """Check that a connection is open."""
    if not call.hub.exists("connections", call.names["connection"]):
        raise not_found("the connection is not open", ErrorCode.CONNECTION_NOT_EXISTED)


async def check_group(call: RestCall) -> None:
    """Check that a group has a connection."""
    if not call.hub.exists("groups", call.names["group"]):
        raise not_found("the group has no connection", ErrorCode.GROUP_NOT_EXISTED)


async def check_user(call: RestCall) -> None:
    """Check that a user has a connection."""
    if not call.hub.exists("users", call.names["user"]):
        raise not_found("the user has no connection", ErrorCode.USER_NOT_EXISTED)


async def check_user_in_group(call: RestCall) -> None:
    """Check that a user is a member of a group."""
    if not call.hub.users.contains(call.names["user"], call.names["group"]):
        raise not_found("the user is not in the group", ErrorCode.USER_NOT_IN_GROUP)


def not_found(text: str, code: str) -> RestRefusal:
    """Return the refusal that says that there is nothing of this name."""
    return RestRefusal(HTTPStatus.NOT_FOUND, text, code)
