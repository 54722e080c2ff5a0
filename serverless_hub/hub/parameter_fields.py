"""`Field` of pydantic on the parameters of a method, where it means what it means on the fields of a model."""

import inspect
from typing import Annotated, Any, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from serverless_hub.errors import HubDefinitionError

__all__ = ["with_default", "without_field"]


def without_field(parameter: inspect.Parameter, owner: str) -> inspect.Parameter:
    """Return `parameter` with what its `Field` demands in its annotation, and with the default that its `Field` has.

    Names that a `Field` gives are left out, since arguments have none.

    Args:
        parameter: `x: int = Field(gt=0)`, `x: Annotated[int, Field(gt=0, default=5)]`, both at once, or without any.
        owner: the method's name, for the error.

    Raises:
        HubDefinitionError: the default depends on other arguments.
    """
    annotation, default = parameter.annotation, parameter.default
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    if not any(isinstance(mark, FieldInfo) for mark in (default, *marks)):
        return parameter
    if default is inspect.Parameter.empty:
        field = FieldInfo.from_annotation(annotation)
    else:
        field = FieldInfo.from_annotated_attribute(_or_any(annotation), default)
    if field.default_factory_takes_validated_data:
        raise HubDefinitionError(
            f"{owner} has the parameter {parameter.name}, whose default_factory takes other values: arguments are "
            "independent of each other, so let it take none"
        )
    parameter = parameter.replace(annotation=_demands(field))
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return parameter
    return parameter.replace(default=inspect.Parameter.empty if field.is_required() else field)


def with_default(schema: CoreSchema, default: Any) -> CoreSchema:
    """Return `schema` for a parameter with `default`, which may be a `Field` that has one."""
    if default is inspect.Parameter.empty:
        return schema
    if not isinstance(default, FieldInfo):
        return core_schema.with_default_schema(schema, default=default)
    return core_schema.with_default_schema(
        schema,
        default=default.default,
        default_factory=default.default_factory,
        validate_default=default.validate_default,
    )


def _demands(field: FieldInfo) -> Any:
    shown = Field(
        title=field.title,
        description=field.description,
        examples=field.examples,
        discriminator=field.discriminator,
        json_schema_extra=field.json_schema_extra,
    )
    return Annotated[field.annotation, *field.metadata, shown]


def _or_any(annotation: Any) -> Any:
    return Any if annotation is inspect.Parameter.empty else annotation
