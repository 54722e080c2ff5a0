"""The arguments of a method as one type of pydantic."""

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from serverless_hub.hub.json_schemas import json_form
from serverless_hub.hub.parameter_fields import with_default

__all__ = ["ArgumentsType"]


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

    def adapter(self) -> TypeAdapter[Any]:
        """Return what holds the schema, or raise pydantic's error for a parameter that it cannot validate."""
        adapter = TypeAdapter[Any](Annotated[Any, self])
        adapter.rebuild()  # Does nothing, or raises for what is not fully defined.
        return adapter

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


def _item(argument: core_schema.ArgumentsParameter, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    shown = json_form(core_schema.arguments_schema([argument]), handler)
    item: JsonSchemaValue = shown.get("prefixItems", [{}])[0]
    return item | {"title": argument["name"]}


def _annotation(parameter: inspect.Parameter) -> Any:
    return Any if parameter.annotation is inspect.Parameter.empty else parameter.annotation
