"""The arguments of a call to clients, from how Python passes them to how they are sent."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import Parameter
from itertools import chain, repeat
from typing import Any, Final

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.casing import OutgoingCasing
from serverless_hub.hub.wire_serializers import wire_serializer

__all__ = ["ClientArguments"]

_UNSENDABLE: Final = (ValueError, TypeError, RecursionError)  # pydantic's own errors are ValueErrors
_BY_NAME_ONLY: Final = {Parameter.KEYWORD_ONLY: "*, ", Parameter.VAR_KEYWORD: "**"}


class ClientArguments:
    """The parameters of one method that clients have.

    Args:
        owner: the method, for errors.
        parameters: with resolved annotations, without self.
        casing: how fields of models are spelt.

    Raises:
        HubDefinitionError: they cannot be sent by position, or pydantic cannot serialise one.
    """

    def __init__(self, owner: str, parameters: Sequence[Parameter], casing: OutgoingCasing | None) -> None:
        self._owner = owner
        self._signature = inspect.Signature(parameters)
        for parameter in parameters:
            if parameter.kind in _BY_NAME_ONLY:
                raise HubDefinitionError(
                    f"{owner}({_BY_NAME_ONLY[parameter.kind]}{parameter.name}) is passed by name, and clients get "
                    "arguments by position: move it before the *, or write *args for any number of them"
                )
        adapters = {parameter.name: _adapter(owner, parameter) for parameter in parameters}
        written = [(name, _writer(adapter, casing)) for name, adapter in adapters.items()]
        has_rest = bool(parameters) and parameters[-1].kind is Parameter.VAR_POSITIONAL
        self._rest = written.pop() if has_rest else None
        self._named = written
        # pydantic writes None for whatever type.
        self._never_none = frozenset(name for name, adapter in adapters.items() if not _takes_none(adapter))
        for parameter, (_, write) in zip(parameters, written, strict=False):
            self._check_default(parameter, write)

    def write(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        """Return what is sent for a call with these arguments, defaults filled in.

        Raises:
            TypeError: the method does not take them; the text has names and no values.
        """
        if named or len(arguments) != len(self._named):
            arguments = self._bound(arguments, named)
        writers = self._named if self._rest is None else chain(self._named, repeat(self._rest))
        values: list[Any] = []
        name = ""
        try:
            for argument, (name, write) in zip(arguments, writers, strict=False):
                if argument is None and name in self._never_none:
                    break
                values.append(write(argument))
            else:
                return values
        except _UNSENDABLE:
            pass
        # Out here it has no cause and no context: both would stand in the log, and quote what was passed.
        kind = type(arguments[len(values)]).__qualname__
        parameter = self._signature.parameters[name]
        raise TypeError(f"{self._owner}({parameter.replace(default=Parameter.empty)}) cannot be sent this {kind}")

    def _bound(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        try:
            bound = self._signature.bind(*arguments, **named)
        except TypeError as error:
            raise TypeError(f"{self._owner}{self._signature}: {error}") from None
        bound.apply_defaults()
        return bound.args

    def _check_default(self, parameter: Parameter, write: Callable[[Any], Any]) -> None:
        if parameter.default is Parameter.empty:
            return
        try:
            write(parameter.default)
            fits = parameter.default is not None or parameter.name not in self._never_none
        except _UNSENDABLE:
            fits = False
        if not fits:
            raise HubDefinitionError(
                f"{self._owner}({parameter}) has a default of another type, and it is sent where the argument is left "
                "out: write one that fits, or none"
            )


def _adapter(owner: str, parameter: Parameter) -> TypeAdapter[Any]:
    annotation = Any if parameter.annotation is Parameter.empty else parameter.annotation
    try:
        adapter = TypeAdapter[Any](annotation)
        adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise HubDefinitionError(
            f"{owner}({parameter}) cannot be serialised by pydantic: what clients get is a pydantic model, a dataclass "
            "or a type that pydantic knows"
        ) from error
    return adapter


def _writer(adapter: TypeAdapter[Any], casing: OutgoingCasing | None) -> Callable[[Any], Any]:
    schema = adapter.core_schema
    serializer = wire_serializer(schema) if casing is None else casing.serializer(schema)
    return partial(serializer.to_python, by_alias=True, warnings="error")


def _takes_none(adapter: TypeAdapter[Any]) -> bool:
    try:
        adapter.validate_python(None)
    except Exception:  # noqa: BLE001 - validators of the app may raise anything
        return False
    return True
