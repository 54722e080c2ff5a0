"""The events of an app in words: hub, target, arguments with their types, result."""

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.protocol.upstream import Category
from serverless_hub.routing.overview import RouterOverview

__all__ = ["Described", "describe", "shown_type"]

_MODULES = re.compile(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])")
_LOCALS = re.compile(r"[\w.]+\.<locals>\.")


@dataclass(frozen=True, slots=True)
class Described:
    """One event."""

    hub: str
    """What services call its hub."""
    category: str
    """`messages` or `connections`."""
    target: str
    """What clients call, or `connected` or `disconnected`."""
    arguments: tuple[dict[str, Any], ...]
    """Each with `name` and `type`, and whether it is `required`; the last may take the `rest`."""
    result: str | None
    """The type of the result; None where there is none."""
    text: str
    """The first line of its docstring."""

    @property
    def signature(self) -> str:
        """The arguments in one line, as Python writes them."""
        return ", ".join(_shown(argument) for argument in self.arguments)

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "hub": self.hub,
            "category": self.category,
            "target": self.target,
            "arguments": list(self.arguments),
            "result": self.result,
            "description": self.text,
        }


def describe(routers: Iterable[RouterOverview]) -> list[Described]:
    """Return all events of `routers` that something runs for."""
    return [_described(hub, method) for router in routers for hub, method in router.methods()]


def shown_type(annotation: Any) -> str:
    """Return a type as it is written, without its modules and what `Annotated` adds."""
    if annotation is inspect.Parameter.empty or annotation is Any:
        return "any"
    if get_origin(annotation) is Annotated:
        return shown_type(get_args(annotation)[0])
    text = inspect.formatannotation(annotation)
    return _MODULES.sub("", _LOCALS.sub("", text))


def _described(hub: str, method: MethodDescriptor) -> Described:
    returned = method.result.annotation
    is_message = method.category is Category.MESSAGES
    return Described(
        hub=hub,
        category=str(method.category),
        target=method.event,
        arguments=tuple(_argument(parameter) for parameter in method.binder.type.parameters),
        result=shown_type(returned) if is_message and returned is not None else None,
        text=(inspect.getdoc(method.function) or "").partition("\n")[0],
    )


def _argument(parameter: inspect.Parameter) -> dict[str, Any]:
    is_rest = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    return {
        "name": parameter.name,
        "type": shown_type(parameter.annotation),
        "required": not is_rest and parameter.default is inspect.Parameter.empty,
        "rest": is_rest,
    }


def _shown(argument: dict[str, Any]) -> str:
    if argument["rest"]:
        return f"*{argument['name']}: {argument['type']}"
    return f"{argument['name']}: {argument['type']}" + ("" if argument["required"] else " = ...")
