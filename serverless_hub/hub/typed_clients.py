"""Clients with the methods of a Protocol: for each Protocol one class, made once, that calls them over the wire."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from serverless_hub.hub.client_arguments import ClientArguments
from serverless_hub.hub.client_results import ClientResultReader
from serverless_hub.hub.destination import Destination

__all__ = ["ClientContract", "ClientMethod", "proxy_class"]

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ClientMethod:
    """A method that clients have."""

    name: str
    """In the Protocol."""
    target: str
    """On the wire."""
    signature: inspect.Signature
    """As the Protocol has it."""
    arguments: ClientArguments
    result: ClientResultReader | None
    """None where clients do not answer."""
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class ClientContract(Generic[_T_co]):
    """A Protocol that clients implement, read once."""

    protocol: type
    methods: Mapping[str, ClientMethod]
    """By their names in the Protocol."""
    proxy: Callable[[Destination], _T_co]
    """Makes what has these methods and calls them on some clients."""


class _Proxy:
    """Methods of Protocols never begin with an underscore, so this attribute is in nobody's way."""

    __slots__ = ("_destination",)

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._destination.receivers}>"


def proxy_class(protocol: type, methods: Sequence[ClientMethod]) -> Callable[[Destination], Any]:
    """Return a class with `methods`, whose instances stand for some clients."""
    members = {method.name: _function(protocol, method) for method in methods}
    origin = {"__slots__": (), "__module__": protocol.__module__, "__doc__": protocol.__doc__}
    return type(protocol.__name__, (_Proxy,), members | origin)


def _function(protocol: type, method: ClientMethod) -> Callable[..., Any]:
    owner = f"{protocol.__qualname__}.{method.name}"
    function = _sending(method) if method.result is None else _asking(owner, method, method.result)
    function.__name__ = method.name
    function.__qualname__ = owner
    function.__doc__ = method.doc
    function.__signature__ = method.signature  # type: ignore[attr-defined]  # what inspect.signature reads
    return function


def _sending(method: ClientMethod) -> Callable[..., Any]:
    target, write = method.target, method.arguments.write

    async def send(self: Any, /, *arguments: Any, **named: Any) -> None:
        await self._destination.send(target, write(arguments, named))

    return send


def _asking(owner: str, method: ClientMethod, result: ClientResultReader) -> Callable[..., Any]:
    target, write, read = method.target, method.arguments.write, result.read

    async def ask(self: Any, /, *arguments: Any, **named: Any) -> Any:
        destination: Destination = self._destination
        timeout = destination.timeout_for(owner)
        return read(target, await destination.invoke(target, write(arguments, named), timeout))

    return ask
