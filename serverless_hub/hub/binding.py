"""Arguments from the wire to the parameters of a method, by one pydantic validator per method."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, cast

import msgspec
from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from serverless_hub.errors import BindingError, HubDefinitionError
from serverless_hub.hub.base64_models import base64_validator
from serverless_hub.hub.binding_errors import explain
from serverless_hub.hub.core_schemas import failing_fast, texts
from serverless_hub.hub.json_schemas import json_form
from serverless_hub.hub.parameter_fields import with_default, without_field

__all__ = ["ArgumentsType", "Binder"]


@dataclass(frozen=True, slots=True)
class ArgumentsType:
    """The type of a method's arguments array: what binds it, and how OpenAPI shows it.

    Stands in `Annotated[list[Any], ArgumentsType(...)]`.
    """

    parameters: tuple[inspect.Parameter, ...]

    @property
    def named(self) -> list[inspect.Parameter]:
        """The parameters that take one argument each."""
        return [p for p in self.parameters if p.kind is not inspect.Parameter.VAR_POSITIONAL]

    @property
    def least(self) -> int:
        """The number of arguments that have to come."""
        return sum(p.default is inspect.Parameter.empty for p in self.named)

    @property
    def most(self) -> int | None:
        """The number of arguments that may come; None where any number may."""
        return len(self.named) if len(self.named) == len(self.parameters) else None

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema of a call: everything positional, defaults and `*rest` as in Python."""
        arguments: list[core_schema.ArgumentsParameter] = []
        rest: CoreSchema | None = None
        for parameter in self.parameters:
            schema = handler.generate_schema(_annotation(parameter))
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                rest = schema
                continue
            schema = with_default(schema, parameter.default)
            arguments.append(core_schema.arguments_parameter(parameter.name, schema, mode="positional_only"))
        # pydantic asks for a serializer too; nobody writes arguments with this type.
        return core_schema.arguments_schema(
            arguments, var_args_schema=rest, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Show an array with one titled item for each parameter."""
        call = cast("core_schema.ArgumentsSchema", schema)
        named = self.named
        shown: JsonSchemaValue = {"type": "array", "minItems": self.least}
        if named:
            shown["prefixItems"] = [_item(argument, handler) for argument in call["arguments_schema"]]
        rest = call.get("var_args_schema")
        if rest is None:
            return shown | {"maxItems": len(named)}
        only_rest = core_schema.arguments_schema([], var_args_schema=rest)
        return shown | {"items": json_form(only_rest, handler).get("items", {})}


class Binder:
    """Binds the arguments of one method."""

    def __init__(self, owner: str, parameters: Sequence[inspect.Parameter]) -> None:
        self.type = ArgumentsType(tuple(without_field(parameter, owner) for parameter in parameters))
        _check_order(owner, self.type.named)
        self._owner = owner
        self.names = [parameter.name for parameter in parameters]
        self._least = self.type.least
        self._most = self.type.most
        try:
            adapter = TypeAdapter[Any](Annotated[Any, self.type])
            adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            raise HubDefinitionError(
                f"{owner} has a parameter that pydantic cannot validate: {error.message.splitlines()[0]}. Declare what "
                "comes from the app, not from the client, with Depends"
            ) from error
        self._adapter = adapter
        self._validator = base64_validator(failing_fast(adapter.core_schema))

    def bind(self, arguments: Any) -> tuple[Any, ...]:
        """Return the values of the method's parameters, in order, defaults filled in.

        Args:
            arguments: the array in JSON, or a sequence of values.

        Raises:
            BindingError: they do not fit; the text names parameters and never values.
        """
        is_json = isinstance(arguments, msgspec.Raw)
        # By itself pydantic notes each argument too many: two megabytes of them would cost hundreds.
        self._check_count(len(_arguments_in(arguments) if is_json else arguments))
        try:
            if is_json:
                bound = self._validator.validate_json(bytes(arguments))
            else:
                bound = self._validator.validate_python(list(arguments))
        except ValidationError as error:
            reasons = explain(error, self.names, self._known)
            raise BindingError(f"{self._owner} cannot be called like that: {reasons}") from error
        values: tuple[Any, ...] = bound[0]
        return values

    def _check_count(self, count: int) -> None:
        least, most = self._least, self._most
        if count >= least and (most is None or count <= most):
            return
        if most is None:
            takes = f"at least {_arguments(least)}"
        else:
            takes = _arguments(least) if least == most else f"{least} to {most} arguments"
        raise BindingError(f"{self._owner} takes {takes}: {count} came")

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


def _item(argument: core_schema.ArgumentsParameter, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    shown = json_form(core_schema.arguments_schema([argument]), handler)
    item: JsonSchemaValue = shown.get("prefixItems", [{}])[0]
    return item | {"title": argument["name"]}


def _annotation(parameter: inspect.Parameter) -> Any:
    return Any if parameter.annotation is inspect.Parameter.empty else parameter.annotation
