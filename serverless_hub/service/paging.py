"""A collection in pages, with nothing kept between two of them. No I/O, no clock."""

import heapq
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import TypeVar

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.rest import MAX_PAGE_SIZE, ErrorCode
from serverless_hub.service.registry import Member

__all__ = ["page_of"]

_M = TypeVar("_M", bound=Member)
_PREFIX = b"after:"


def page_of(members: Iterable[_M], size: int, continuation: str | None) -> tuple[list[_M], str | None]:
    """Return a page in the order of connection ids, and what the next one is asked for with; None after the last.

    A continuation says behind which id its page begins. So whoever comes or goes between two pages moves nobody else
    to another page: who is there all the time is on exactly one.

    Raises:
        InvalidArgumentError: the size is out of range, or the continuation is not from here.
    """
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise InvalidArgumentError(f"a page has 1 to {MAX_PAGE_SIZE} members", code=ErrorCode.INVALID_REQUEST)
    last = "" if continuation is None else _read(continuation)
    found = heapq.nsmallest(size + 1, (member for member in members if member.id > last), key=lambda member: member.id)
    page = found[:size]
    return page, _write(page[-1].id) if len(found) > size else None


def _write(connection_id: str) -> str:
    return urlsafe_b64encode(_PREFIX + connection_id.encode()).decode("ascii")


def _read(continuation: str) -> str:
    try:
        data = urlsafe_b64decode(continuation)
        if data.startswith(_PREFIX) and urlsafe_b64encode(data).decode("ascii") == continuation:
            return data.removeprefix(_PREFIX).decode()
    except ValueError:
        pass
    text = "the continuation token is not from here: leave it out for the first page"
    raise InvalidArgumentError(text, code=ErrorCode.INVALID_REQUEST)
