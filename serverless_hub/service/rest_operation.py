"""What the REST API does at a path, and who may ask for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from serverless_hub.protocol.rest import API_VERSIONS
from serverless_hub.service.rest_answers import Report
from serverless_hub.service.rest_call import RestCall

__all__ = ["Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one version of the API."""

    run: Callable[[RestCall], Awaitable[Report | dict[str, Any] | None]]
    """Does it and returns what to answer; raises RestRefusal and ServiceError."""
    status: HTTPStatus = HTTPStatus.OK
    """Of the answer."""
    since: str = API_VERSIONS[0]
    """The first API version that has it."""
    needs_version: bool = True
    """Whether a request has to say an API version; one that it says has to be known."""
    needs_token: bool = True
