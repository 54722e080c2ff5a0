"""The bodies of events and of answers, as models that OpenAPI shows."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.hub.json_schemas import AsJson
from serverless_hub.protocol.upstream import CONNECTED, Category

__all__ = ["Refusal", "body_model", "completion_model", "identifier"]


class Refusal(BaseModel):
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
