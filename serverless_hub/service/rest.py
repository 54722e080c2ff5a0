"""The REST API of the service (ASGI): from a request to an operation, and from its outcome to an answer.

Order of checks, and the answer: path 404 → method 405 → size of the head 414, 431 → token 401 → API version, names and
values 400 → body 413, 415, 400. So nobody without a token learns anything about hubs, groups or users.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    ServiceTimeoutError,
    ThrottledError,
    TokenError,
)
from serverless_hub.protocol.rest import API_VERSIONS, ErrorCode
from serverless_hub.service.asgi import Receive, Scope, Send, respond, respond_text, without_body
from serverless_hub.service.rest_answers import Report, RestRefusal, bad_request, error_detail, error_headers
from serverless_hub.service.rest_auth import authorize
from serverless_hub.service.rest_call import RestCall, RestHost
from serverless_hub.service.rest_limits import check_head, read_body
from serverless_hub.service.rest_names import check_names, effective_hub
from serverless_hub.service.rest_operation import Operation
from serverless_hub.service.rest_path import api_path, base_url
from serverless_hub.service.rest_query import RestQuery
from serverless_hub.service.rest_router import RestRouter
from serverless_hub.service.rest_routes import ROUTES

__all__ = ["RestApi"]

_logger = logging.getLogger("serverless_hub.service")
_LEGACY = "/api/v1/"


class RestApi:
    """Answers the requests of one service.

    Args:
        host: the service.
        keys: any of them may have signed a token.
        clock: what tokens are checked against.
        invoke_timeout: how many seconds a client may take to answer `:invoke`.
    """

    def __init__(self, host: RestHost, keys: Sequence[str], clock: Clock, invoke_timeout: float) -> None:
        self._host = host
        self._keys = keys
        self._clock = clock
        self._invoke_timeout = invoke_timeout
        self._router = RestRouter(ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is behind the `root_path` of `scope` is its path."""
        if scope["method"] == "HEAD":
            send = without_body(send)
        path = api_path(scope)
        legacy = path.startswith(_LEGACY)
        try:
            status, content = await self._outcome(scope, receive, path, legacy=legacy)
        except RestRefusal as refusal:
            await _refuse(send, refusal, legacy=legacy)
        except ConnectionError:  # Nobody is there to take an answer.
            pass
        else:
            await respond(send, status, content)

    async def _outcome(self, scope: Scope, receive: Receive, path: str, *, legacy: bool) -> tuple[HTTPStatus, Any]:
        route = self._router.match(path)
        operation = route.operation(scope["method"])
        check_head(scope)
        if operation.needs_token:
            self._authorize(scope, path)
        query = RestQuery(scope["query_string"].decode("latin-1"))
        if not legacy:
            _check_version(operation, query)
        check_names(route.names)
        call = RestCall(
            self._host,
            effective_hub(route.names["hub"], query.text("application")) if "hub" in route.names else "",
            route.names,
            query,
            lambda: read_body(scope, receive),
            base_url(scope),
            path,
            self._invoke_timeout,
        )
        content = await _run(operation, call)
        if legacy:
            content = None
        return operation.status, content.to_wire(operation.status) if isinstance(content, Report) else content

    def _authorize(self, scope: Scope, path: str) -> None:
        try:
            authorize(scope, path, self._keys, self._clock.time())
        except TokenError as error:
            _logger.warning("refused a REST request with 401: %s", error)
            challenge = [(b"www-authenticate", b"Bearer")]
            raise RestRefusal(HTTPStatus.UNAUTHORIZED, "unauthorized", headers=challenge) from None


def _check_version(operation: Operation, query: RestQuery) -> None:
    version = query.text("api-version")
    if version is None and not operation.needs_version:
        return
    if version not in API_VERSIONS:
        raise bad_request(f"the query needs an api-version, which is one of {', '.join(API_VERSIONS)}")
    if version < operation.since:
        raise bad_request(f"api-version {version} does not have this operation: it is there since {operation.since}")


async def _run(operation: Operation, call: RestCall) -> Report | dict[str, Any] | None:
    """Do what is asked; what a hub or a client makes of it is a refusal with a status.

    No status of a call that a client has got makes anybody repeat it: a client that is slow would be called twice.
    """
    try:
        return await operation.run(call)
    except InvalidArgumentError as error:
        raise bad_request(str(error)) from None
    except ConnectionGoneError as error:
        raise RestRefusal(HTTPStatus.NOT_FOUND, str(error), ErrorCode.CONNECTION_NOT_EXISTED) from None
    except ThrottledError as error:
        raise RestRefusal(HTTPStatus.TOO_MANY_REQUESTS, str(error), error.code) from None
    except ClientResultError as error:
        raise RestRefusal(HTTPStatus.BAD_REQUEST, str(error), ErrorCode.INVOCATION_FAILED) from None
    except ServiceTimeoutError as error:
        raise RestRefusal(HTTPStatus.BAD_REQUEST, str(error), ErrorCode.INVOCATION_TIMED_OUT) from None


async def _refuse(send: Send, refusal: RestRefusal, *, legacy: bool) -> None:
    headers = error_headers(refusal)
    if legacy:
        await respond_text(send, refusal.status, str(refusal), headers=headers)
    else:
        await respond(send, refusal.status, error_detail(refusal), headers=headers)
