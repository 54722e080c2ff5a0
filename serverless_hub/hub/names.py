"""Names of connections, users, groups and streams, as users write them: what no service takes is refused here."""

from collections.abc import Iterable

from serverless_hub.protocol.rest import MAX_GROUP_NAME, MAX_STREAM_ID

__all__ = ["checked_connection", "checked_group", "checked_stream", "checked_user", "several"]


def checked_connection(connection_id: str) -> str:
    """Return a connection id; raises ValueError for a blank one."""
    return _checked("a connection id", connection_id)


def checked_user(user_id: str) -> str:
    """Return a user id; raises ValueError for a blank one."""
    return _checked("a user id", user_id)


def checked_group(name: str) -> str:
    """Return the name of a group; raises ValueError for one that is blank or too long."""
    return _checked("a group's name", name, MAX_GROUP_NAME)


def checked_stream(stream_id: str) -> str:
    """Return a stream id; raises ValueError for one that is blank or too long."""
    return _checked("a stream id", stream_id, MAX_STREAM_ID)


def several(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names.

    Raises:
        TypeError: it is a single text, whose letters would be names.
    """
    if isinstance(names, str):
        raise TypeError(f"several names are a list: write [{names!r}]")
    return tuple(names)


def _checked(what: str, name: str, longest: int | None = None) -> str:
    if not name.strip():
        raise ValueError(f"{what} has at least one character that is not blank")
    if longest is not None and len(name) > longest:
        raise ValueError(f"{what} has at most {longest} characters")
    return name
