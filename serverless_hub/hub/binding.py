"""Arguments from the wire to the parameters of a method, by one pydantic validator per method."""

import inspect
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec
from pydantic import (
    PydanticSchemaGenerationError,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    ValidationError,
)

from serverless_hub.errors import BindingError, HubDefinitionError
from serverless_hub.hub.arguments_type import ArgumentsType
from serverless_hub.hub.base64_models import base64_validator
from serverless_hub.hub.binding_errors import explain
from serverless_hub.hub.core_schemas import failing_fast, texts
from serverless_hub.hub.parameter_fields import without_field

__all__ = ["Binder"]

_FEW_BYTES = 4096
"""Arguments of this size are few enough for pydantic to note each."""
_REFUSALS = (PydanticUserError, PydanticUndefinedAnnotation)


class Binder:
    """Binds the arguments of one method."""

    def __init__(self, owner: str, parameters: Sequence[inspect.Parameter]) -> None:
        self.type: ArgumentsType = ArgumentsType(tuple(without_field(parameter, owner) for parameter in parameters))
        _check_order(owner, self.type.named)
        self._owner = owner
        self.names: list[str] = [parameter.name for parameter in parameters]
        self._least = self.type.least
        self._most = self.type.most
        try:
            adapter = self.type.adapter()
        except _REFUSALS as error:
            raise HubDefinitionError(
                f"{owner} has a parameter that pydantic cannot validate: {', '.join(self._refused(parameters))}. What "
                "clients send is a pydantic model, a dataclass or a type that pydantic knows; declare what comes from "
                "the app with Depends"
            ) from error
        self._adapter = adapter
        validator = base64_validator(failing_fast(adapter.core_schema))
        self._validate, self._validate_json = validator.validate_python, validator.validate_json

    def bind(self, arguments: Any) -> tuple[Any, ...]:
        """Return the values of the method's parameters, in order, defaults filled in.

        Args:
            arguments: the array in JSON, or a sequence of values.

        Raises:
            BindingError: they do not fit; the text names parameters and never values.
        """
        encoded = bytes(arguments) if isinstance(arguments, msgspec.Raw) else None
        # By itself pydantic notes each argument too many: two megabytes of them would cost hundreds.
        if encoded is None or len(encoded) > _FEW_BYTES:
            self._check_count(arguments, encoded)
        try:
            bound = self._validate(list(arguments)) if encoded is None else self._validate_json(encoded)
        except ValidationError as error:
            self._check_count(arguments, encoded)
            reasons = explain(error, self.names, self._known)
            raise BindingError(f"{self._owner} cannot be called like that: {reasons}") from error
        values: tuple[Any, ...] = bound[0]
        return values

    def _check_count(self, arguments: Any, encoded: bytes | None) -> None:
        count = len(arguments if encoded is None else _arguments_in(encoded))
        least, most = self._least, self._most
        if count >= least and (most is None or count <= most):
            return
        if most is None:
            takes = f"at least {_arguments(least)}"
        else:
            takes = _arguments(least) if least == most else f"{least} to {most} arguments"
        raise BindingError(f"{self._owner} takes {takes}: {count} came")

    def _refused(self, declared: Sequence[inspect.Parameter]) -> Iterator[str]:
        """Yield the parameters that pydantic cannot validate, as they are declared, and what it says of models."""
        for parameter, read in zip(declared, self.type.parameters, strict=True):
            try:
                ArgumentsType((read,)).adapter()
            except _REFUSALS as error:
                shown = str(parameter.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty))
                kind = inspect.formatannotation(parameter.annotation, getattr(parameter.annotation, "__module__", None))
                unknown = isinstance(error, PydanticSchemaGenerationError)
                yield f"{shown}: {kind}" if unknown else f"{shown}: {kind} ({error.message.splitlines()[0]})"

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(texts(self._adapter.core_schema))


_arguments_in = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"


def _check_order(owner: str, named: Sequence[inspect.Parameter]) -> None:
    """Refuse what Python itself refuses, except where defaults stand in `Annotated`."""
    for before, parameter in pairwise(named):
        if parameter.default is inspect.Parameter.empty and before.default is not inspect.Parameter.empty:
            raise HubDefinitionError(
                f"{owner} has the parameter {parameter.name} without a default after one with: arguments come by "
                "position, so move it to the front"
            )
