"""How every span begins and fails: with names that are OpenTelemetry's, and without a value of anybody's call.

Names: semantic conventions 1.40, RPC spans (`rpc.system.name`, `rpc.method`), HTTP spans and `error.type`; what they
have no name for begins with `serverless_hub`. The text of an exception is left out, since it may hold arguments.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer, use_span

__all__ = [
    "CATEGORY",
    "CONNECTION",
    "EVENT",
    "HUB",
    "OPERATION",
    "RECEIVERS",
    "note_status",
    "rpc",
    "spanning",
]

HUB = "serverless_hub.hub"
CATEGORY = "serverless_hub.category"
EVENT = "serverless_hub.event"
CONNECTION = "serverless_hub.connection.id"
OPERATION = "serverless_hub.operation"
"""What is asked of the service, such as `add_to_group`."""
RECEIVERS = "serverless_hub.receivers"
"""Of which kind they are: `all`, `connections`, `groups` or `users`; who they are is not said."""
_STATUS = "http.response.status_code"
_ERROR_TYPE = "error.type"

_FIRST_ERROR = 400


@contextmanager
def spanning(
    tracer: Tracer,
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, str | int],
    *,
    context: Context | None = None,
    links: Sequence[Link] = (),
    is_failure: Callable[[BaseException], bool] = lambda _: True,
) -> Generator[Span]:
    """Yield a span that is the current one; it ends here at the latest, and what is raised is its error.

    Args:
        tracer: makes it.
        name: one of few, as a tool groups spans by it.
        kind: on which side of a call it is.
        attributes: of its beginning.
        context: has its parent, where that is not the current span.
        links: to spans that have to do with it, and are not its parents.
        is_failure: tells whether an exception is more than an answer that somebody does not like.
    """
    span = tracer.start_span(name, context, kind, attributes, links)
    with use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            yield span
        except BaseException as error:
            if span.is_recording():
                span.set_attribute(_ERROR_TYPE, _type_name(error))
                if is_failure(error):
                    span.set_status(StatusCode.ERROR)
            raise
        finally:
            if span.is_recording():
                span.end()


def note_status(span: Span, status: int) -> None:
    """Say how a request was answered; from 400 on, to whoever asked, that is an error."""
    span.set_attribute(_STATUS, status)
    if status >= _FIRST_ERROR:
        span.set_attribute(_ERROR_TYPE, str(status))
        span.set_status(StatusCode.ERROR)


def rpc(hub: str, target: str) -> dict[str, str | int]:
    """Return the attributes of a call of `target`, by a client or on clients, which is also the span's name."""
    return {"rpc.system.name": "signalr", "rpc.method": f"{hub}/{target}"}


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
