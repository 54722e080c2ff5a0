"""The bodies of events and of answers, as models that OpenAPI shows."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, definition_reference_schema, definitions_schema

from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.hub.json_schemas import AsJson
from serverless_hub.protocol.upstream import CONNECTED, Category

__all__ = ["Later", "SignalREventRefusal", "body_model", "completion_model", "identifier"]


# Operations name it in the document as it is named here: no app is likely to have a model of this name, too.
class SignalREventRefusal(BaseModel):
    """Why an event is not taken."""

    error: str = Field(description="The reason")


def body_model(method: MethodDescriptor) -> type[BaseModel]:
    """Return the model of what a service posts for `method`."""
    if method.category is Category.MESSAGES:
        return _model(
            f"{_name(method)}Invocation",
            type=(Literal[1], ...),
            target=(Literal[method.event], ...),
            arguments=(Annotated[list[Any], method.binder.type], ...),
            invocationId=(
                str | None,
                Field(None, max_length=256, description="At most 256 bytes; left out when the client does not wait"),
            ),
        )
    if method.event == CONNECTED:
        return _model(f"{_name(method)}Event", type=(Literal[10], ...))
    return _model(f"{_name(method)}Event", type=(Literal[11], ...), error=(str | None, None))


def completion_model(method: MethodDescriptor) -> type[BaseModel]:
    """Return the model of the answer to a call of `method`."""
    fields: dict[str, Any] = {"type": (Literal[3], ...), "invocationId": (str, ...)}
    if method.result.annotation is not None:
        annotation: Any = method.result.annotation
        fields["result"] = (Annotated[annotation, AsJson()], Field(None, description="Left out after an error"))
    fields["error"] = (str | None, Field(None, description="Left out after success"))
    return _model(f"{_name(method)}Completion", **fields)


def identifier(text: str) -> str:
    """Return `text` with its characters that a name in OpenAPI cannot have in hexadecimal."""
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "_-") else f"_{ord(character):x}_"
        for character in text
    )


def _name(method: MethodDescriptor) -> str:
    return identifier(f"{method.hub}{method.event[:1].upper()}{method.event[1:]}")


def _model(name: str, **fields: Any) -> type[BaseModel]:
    return create_model(name, __module__=__name__, **fields)


class Later:
    """Marks `Any` as what has the schema of a model, which is made when the document is asked for.

    Making models takes far longer than all else in making a router.
    """

    def __init__(self, make: Callable[[], type[BaseModel]]) -> None:
        self._make = cache(make)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let everything pass: nothing is validated by it."""
        return handler(source)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of the model."""
        model = self._make()
        found = model.__pydantic_core_schema__
        if found["type"] != "definitions":  # With others in it, it is one of them; alone, it would have no name.
            name = f"{model.__module__}.{model.__qualname__}:{id(model)}"
            found = definitions_schema(definition_reference_schema(name), [cast("CoreSchema", {**found, "ref": name})])
        return handler(found)
