"""What both ends of the REST API have to agree on (REST API 2024-12-01; `signalr-data-plane-2024-12-01.json`).

Which code stands for what is known from azure-signalr (Common/Constants.cs); those marked as ours are not published.
"""

from typing import Final, Literal

__all__ = [
    "API_VERSION",
    "API_VERSIONS",
    "ERROR_CODE_HEADER",
    "MAX_BODY_BYTES",
    "MAX_GROUP_NAME",
    "MAX_PAGE_SIZE",
    "MAX_STREAM_ID",
    "MAX_TTL",
    "ErrorCode",
    "MemberKind",
]

API_VERSION: Final = "2024-12-01"
"""What our client asks for."""
API_VERSIONS: Final = ("2022-06-01", "2022-11-01", "2023-07-01", API_VERSION)
"""What our service answers."""
ERROR_CODE_HEADER: Final = "x-ms-error-code"
MAX_BODY_BYTES: Final = 1024 * 1024
"""The largest body of a request (Azure docs, `signalr-reference-data-plane-rest-api.md`)."""
MAX_GROUP_NAME: Final = 1024
"""Characters in the name of a group."""
MAX_STREAM_ID: Final = 100
"""Characters in the id of a stream."""
MAX_TTL: Final = 2**31 - 1
"""Seconds of a user's membership in a group: the API takes 32 bits."""
MAX_PAGE_SIZE: Final = 200
"""Members of a group in one page."""

MemberKind = Literal["connections", "groups", "users"]
"""What can exist or not; the name is that of the path segment."""


class ErrorCode:
    """Values of the header `x-ms-error-code`."""

    CONNECTION_NOT_EXISTED: Final = "Warning.Connection.NotExisted"
    USER_NOT_EXISTED: Final = "Warning.User.NotExisted"
    GROUP_NOT_EXISTED: Final = "Warning.Group.NotExisted"
    USER_NOT_IN_GROUP: Final = "Info.User.NotInGroup"
    JOINING_CONNECTION_NOT_EXISTED: Final = "Error.Connection.NotExisted"
    INVALID_REQUEST: Final = "Error.Request.Invalid"
    """Ours."""
    INVOCATION_FAILED: Final = "Error.Connection.InvocationFailed"
    """Ours: the client answered a call with an error."""
    INVOCATION_TIMED_OUT: Final = "Error.Connection.InvocationTimedOut"
    """Ours: the client did not answer a call in time."""
