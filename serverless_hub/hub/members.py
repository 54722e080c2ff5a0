"""Which attributes of a hub class clients can call, and which ones only look so: those are errors, never ignored."""

import functools
import inspect
from collections.abc import Callable, Iterator
from types import FunctionType, MappingProxyType
from typing import Any

from serverless_hub.errors import HubDefinitionError

__all__ = ["HOOKS", "MARK", "public_functions"]

HOOKS = MappingProxyType({"on_connected": "connected", "on_disconnected": "disconnected"})
"""The methods that are hooks, and their events."""

MARK = "__hub_method__"
"""Where `@hub_method` leaves what it says."""

_WRAPPERS: tuple[tuple[Any, str], ...] = (
    (staticmethod, "__func__"),
    (classmethod, "__func__"),
    (property, "fget"),
    (functools.partial, "func"),
    (functools.partialmethod, "func"),
    (functools.cached_property, "func"),
)
"""What may stand around a function, and where it keeps that; others say it in `__wrapped__`."""


def public_functions(cls: type, root: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods of `cls` and its bases, hooks among them; those of `root` and its bases are not.

    Raises:
        HubDefinitionError: something hides an attribute of `root`, or is meant to run for an event and would not.
    """
    for name in _names(cls, root):
        attribute: object = inspect.getattr_static(cls, name)
        where = f"{cls.__qualname__}.{name}"
        if not name.startswith("_") and (hasattr(root, name) or name in root.__annotations__):
            raise HubDefinitionError(
                f"{where} hides {root.__name__}.{name}: rename it, and give it the old name on the wire with "
                f"@hub_method({name!r})"
            )
        _check_meaning(where, name, attribute)
        if not name.startswith("_") and isinstance(attribute, FunctionType):
            if inspect.isgeneratorfunction(attribute) or inspect.isasyncgenfunction(attribute):
                raise HubDefinitionError(
                    f"{where} is a generator, and streams are not supported: return a list, or let the name begin with "
                    "an underscore if clients are not to call it"
                )
            yield name, attribute


def _names(cls: type, root: type) -> dict[str, None]:
    """Return what `cls` and its bases define, in order, without what `root` gives to each of its subclasses."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        if base not in root.__mro__:
            given = root.__annotations__ if base is not cls and root in base.__mro__ else ()
            names |= dict.fromkeys(name for name in vars(base) if name not in given)
    return names


def _check_meaning(where: str, name: str, attribute: object) -> None:
    is_marked = any(MARK in getattr(layer, "__dict__", {}) for layer in _layers(attribute))
    if (is_marked or name in HOOKS) and not isinstance(attribute, FunctionType):
        raise HubDefinitionError(
            f"{where} is no plain method, so it would never run: write it as `async def` or `def` with self, and "
            "put decorators on it that return functions"
        )
    if is_marked and name.startswith("_"):
        raise HubDefinitionError(
            f"{where} begins with an underscore, so no client could call it: rename it, and give it this name on the "
            f"wire with @hub_method({name!r})"
        )
    if is_marked or name in HOOKS or not (callable(attribute) or hasattr(attribute, "__get__")):
        return
    for hook in filter(functools.partial(_is_almost, name), HOOKS):
        way = "give it another name" if name.startswith("_") else f"mark it with @hub_method({name!r})"
        raise HubDefinitionError(f"{where}: is it the hook {hook}? else {way}")


def _layers(attribute: Any) -> Iterator[Any]:
    """Yield `attribute` and what it wraps."""
    while attribute is not None:
        yield attribute
        wrapped = next((name for kind, name in _WRAPPERS if isinstance(attribute, kind)), None)
        attribute = getattr(attribute, wrapped) if wrapped else getattr(attribute, "__dict__", {}).get("__wrapped__")


def _is_almost(name: str, hook: str) -> bool:
    written, meant = (each.replace("_", "").lower() for each in (name, hook))
    return written == meant.removesuffix("ed") or _within_one_edit(written, meant)


def _within_one_edit(one: str, other: str) -> bool:
    """Tell whether the texts are the same but for one letter too many, too few or wrong."""
    shorter, longer = sorted((one, other), key=len)
    same = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) == len(longer):
        return shorter[same + 1 :] == longer[same + 1 :]
    return shorter[same:] == longer[same + 1 :]
