"""What the constructors of a hub class take."""

import inspect
from typing import Any

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.injection import Source, parameters_of, source_of

__all__ = ["constructor_parameters"]

_REST = frozenset((inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD))


def constructor_parameters(hub_class: type) -> list[inspect.Parameter]:
    """Return what FastAPI has to provide to make a `hub_class`.

    A constructor with `**kwargs` passes on what it does not know, so what the next one injects counts as well.

    Raises:
        HubDefinitionError: the first constructor takes something that is not injected.
    """
    injected: dict[str, inspect.Parameter] = {}
    for depth, constructor in enumerate(_constructors(hub_class)):
        parameters, _ = parameters_of(constructor)
        for parameter in parameters:
            if parameter.kind in _REST:
                continue
            if source_of(parameter, f"{hub_class.__qualname__}.__init__") is Source.FASTAPI:
                injected.setdefault(parameter.name, parameter)
            elif not depth:  # else the one before provides it
                raise HubDefinitionError(
                    f"{hub_class.__qualname__}.__init__({parameter.name}) is not injected: a hub is made for each "
                    "event, so declare the parameter as Annotated[..., Depends(...)]"
                )
        if all(parameter.kind is not inspect.Parameter.VAR_KEYWORD for parameter in parameters):
            break
    return list(injected.values())


def _constructors(hub_class: type) -> list[Any]:
    """Return the constructors in the order of their calls, without those of `object` and of `Protocol`."""
    found = [vars(base)["__init__"] for base in hub_class.__mro__[:-1] if "__init__" in vars(base)]
    return [each for each in found if getattr(each, "__module__", None) not in {"typing", "typing_extensions"}]
