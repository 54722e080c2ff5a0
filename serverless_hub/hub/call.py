"""One upstream event, read and ready to run."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, overload

import msgspec

from serverless_hub.hub.context import InvocationContext
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.hub.identity import Identify
from serverless_hub.hub.negotiation import Redirect
from serverless_hub.hub.ports import HubSender
from serverless_hub.protocol.client_info import parse_claims, parse_query
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import DISCONNECTED, Category, UpstreamEvent, parse_disconnected, parse_invocation

__all__ = ["Call", "ServiceSide", "read_call"]

_MESSAGES = Category.MESSAGES


class ServiceSide(NamedTuple):
    """What a hub's events have to do with the service that they come from."""

    sender: HubSender
    identify: Identify
    redirect: Redirect


class Call(msgspec.Struct, eq=False):
    """A method and what it is called with."""

    method: MethodDescriptor
    """What runs."""
    event: UpstreamEvent
    """What announced it."""
    headers: Iterable[tuple[bytes, bytes]]
    """Those of the service's request."""
    service: ServiceSide
    arguments: Any = ()
    """What the binder takes: the encoded array of a message, or values."""
    invocation_id: str | None = None
    """Of a message whose client waits for a completion."""
    error: str | None = None
    """Why the connection ended."""
    made: InvocationContext | None = None
    """The context, once somebody has looked at it."""

    def __repr__(self) -> str:
        return f"<Call of {self.method.hub}.{self.method.event}>"  # without what may be secret

    @property
    def context(self) -> InvocationContext:
        """What the method knows about its event: always the same object."""
        return self.get_context()

    def get_context(self) -> InvocationContext:
        """Return the same, for who may never ask: it takes as long as all that a plain method needs."""
        if self.made is None:
            self.made = _context(self)
        return self.made

    def bind(self) -> tuple[Any, ...]:
        """Return the method's arguments from the wire.

        Raises:
            BindingError: they do not fit its signature.
        """
        return self.method.binder.bind(self.arguments)


def read_call(
    method: MethodDescriptor,
    event: UpstreamEvent,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    service: ServiceSide,
) -> Call:
    """Read the body of an event whose headers are read; that of `connected` is not looked at.

    Raises:
        UpstreamRefusal: 400 for a message that is no invocation of `method`.
    """
    if method.category is _MESSAGES:
        invocation = parse_invocation(body, event)
        return Call(method, event, headers, service, invocation.arguments, invocation.invocation_id)
    error = parse_disconnected(body) if method.event == DISCONNECTED else None
    return Call(method, event, headers, service, (error,) if method.binder.names else (), error=error)


def _context(call: Call) -> InvocationContext:
    method, event, service = call.method, call.event, call.service
    claims = parse_claims(event.claims)
    hub_class = method.hub_class
    return InvocationContext(
        hub=method.hub,
        category=method.category,
        event=method.event,
        connection_id=event.connection_id,
        user_id=event.user_id,
        arguments=_LaterArguments(call.arguments) if method.category is _MESSAGES else (),
        error=call.error,
        headers=MultiMap(_header_pairs(call.headers), ignore_case=True),
        query=parse_query(event.query),
        claims=MultiMap(_without_identity(claims)),
        sender=service.sender,
        redirect=service.redirect,
        identity_source=partial(service.identify, claims, event),
        tracing_id=event.tracing_id,
        casing=None if hub_class is None else hub_class.client_definition.casing,
    )


def _without_identity(claims: MultiMap) -> Iterator[tuple[str, str]]:
    # A generator function, so that the claims are parsed when somebody looks at them: an expression would begin now.
    for name in claims:
        if name != IDENTITY_CLAIM:
            yield from ((name, value) for value in claims.all(name))


def _header_pairs(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


class _LaterArguments(Sequence[Any]):
    """The arguments as they came; JSON is decoded when somebody looks, which few methods do."""

    __slots__ = ("_raw", "_values")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._values: Sequence[Any] | None = None

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._decoded()[index]

    def __len__(self) -> int:
        return len(self._decoded())

    def __eq__(self, other: object) -> bool:
        values = self._decoded()
        return values == other or list(values) == other

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __repr__(self) -> str:
        return repr(list(self._decoded()))

    def _decoded(self) -> Sequence[Any]:
        if self._values is None:
            raw = self._raw
            self._values = tuple(JSON.decode_value(raw) if isinstance(raw, msgspec.Raw) else raw)
        return self._values
