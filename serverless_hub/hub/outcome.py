"""From what a method returned or raised to the answer of its upstream call, and to the log.

Internal error text never leaves the process: a client reads what was meant for it (`HubException`, binding errors, the
detail of an `HTTPException` 4xx) or that something unexpected happened.
"""

import logging
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

from serverless_hub.errors import BindingError, ConnectionRejected, HubException
from serverless_hub.hub.call import Call
from serverless_hub.hub.injection import client_error_text, is_refusal
from serverless_hub.protocol.messages import Completion
from serverless_hub.protocol.upstream import CONNECTED, Category
from serverless_hub.protocol.upstream_answer import UpstreamAnswer, completion_answer, refusal_answer

__all__ = ["answer_failure", "answer_result"]

_logger = logging.getLogger("serverless_hub.hub")
_OK = HTTPStatus.OK


def answer_result(call: Call, result: Any) -> UpstreamAnswer:
    """Return the answer to a call whose method returned `result`.

    Raises:
        ResultError: it cannot be sent.
    """
    protocol = call.event.protocol
    if call.invocation_id is None:
        return UpstreamAnswer(_OK, b"", protocol.media_type)
    written = call.method.result.write(result, protocol)
    if written is None:
        return completion_answer(Completion(call.invocation_id), protocol)
    return UpstreamAnswer(_OK, protocol.encode_result(call.invocation_id, written), protocol.media_type)


def answer_failure(call: Call, error: Exception, *, detailed: bool = False) -> UpstreamAnswer:
    """Return the answer to a call that failed with `error`, and log it.

    Args:
        call: the event.
        error: what its binding, its dependencies or its method raised.
        detailed: show the client errors that were not meant for it, for development.
    """
    protocol = call.event.protocol
    text, code = _explain(call, error, detailed=detailed)
    if call.method.category is Category.CONNECTIONS and call.method.event == CONNECTED:
        if isinstance(error, ConnectionRejected) or is_refusal(error):
            return refusal_answer(text, "rejected")
        return UpstreamAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, error_code=code)
    if call.invocation_id is None:
        return UpstreamAnswer(_OK, media_type=protocol.media_type, error_code=code)
    return completion_answer(Completion(call.invocation_id, error=text), protocol, code)


class _Explained(NamedTuple):
    text: str
    code: str


def _explain(call: Call, error: Exception, *, detailed: bool) -> _Explained:
    for_client, code = _meant_for_client(error)
    context = call.context
    traced = f" (message {context.tracing_id})" if context.tracing_id else ""
    if for_client is not None:
        # A refusal that its caller hears of is a hub's everyday business; a call that does not fit is a mistake.
        is_heard = call.invocation_id is not None or isinstance(error, ConnectionRejected)
        level = logging.INFO if is_heard and not isinstance(error, BindingError) else logging.WARNING
        _logger.log(
            level,
            "%s.%s of connection %s failed%s: %s (%s)",
            context.hub,
            context.event,
            context.connection_id,
            traced,
            for_client,
            code,
        )
        return _Explained(for_client, code)
    error_id = uuid4().hex[:12]
    _logger.error(
        "%s.%s of connection %s failed unexpectedly%s, error id %s",
        context.hub,
        context.event,
        context.connection_id,
        traced,
        error_id,
        exc_info=error,
    )
    text = f"An unexpected error occurred invoking '{context.event}' on the server. Error id: {error_id}"
    return _Explained(f"{text}. {type(error).__name__}: {_text(error)}" if detailed else text, code)


def _meant_for_client(error: Exception) -> tuple[str | None, str]:
    if isinstance(error, HubException):
        return _text(error) or type(error).__name__, "hub_exception"
    if isinstance(error, BindingError):
        return str(error), "binding"
    text = client_error_text(error)
    return (None, "unexpected") if text is None else (_unicode(text), "http_exception")


def _text(error: Exception) -> str:
    try:
        return _unicode(str(error))
    except Exception:  # noqa: BLE001 - an exception that cannot even say what it is about
        return ""


def _unicode(text: str) -> str:
    """Return `text` with a question mark in place of each half of a surrogate pair, which no protocol can carry."""
    return text.encode(errors="replace").decode()
