"""What can be said of a hub class without looking at annotations: its name, its targets, its hooks.

Made once, when the class statement runs, so that a wrong name fails there and not at the first event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.filters import put_on
from serverless_hub.hub.members import HOOKS, MARK, public_functions
from serverless_hub.hub.naming import Naming, check_hub_name, target_naming

__all__ = [
    "NO_OPTIONS",
    "HubDefinition",
    "MethodOptions",
    "define_hub",
    "mark_method",
    "options_of",
    "target_names",
]


@dataclass(frozen=True, slots=True)
class MethodOptions:
    """What decorators say about a method."""

    target: str | None = None
    """Its name on the wire, where that is not its own."""
    cancel_on_disconnect: bool = False
    """Whether it is cancelled when the service hangs up."""


NO_OPTIONS = MethodOptions()
"""For what no decorator says anything about."""


@dataclass(frozen=True, slots=True)
class HubDefinition:
    """Names only; `hub.descriptor` adds what annotations say."""

    name: str
    """The class's own is not checked here, since bases need none that services take."""
    naming: Naming | None
    targets: Mapping[str, Callable[..., Any]]
    """Target to function."""
    names: Mapping[str, str]
    """Target to the name of the method."""
    hooks: Mapping[str, Callable[..., Any]]
    """`connected` and `disconnected` to function, where the class has them."""
    connection: str | None
    """The setting that holds the connection string; None for the router's."""


def mark_method(function: Callable[..., Any], options: MethodOptions) -> None:
    """Remember what a decorator says about `function`.

    Raises:
        HubDefinitionError: it cannot be marked.
    """
    put_on(function, MARK, options)


def options_of(function: Callable[..., Any] | None) -> MethodOptions:
    """Return what decorators say about `function`."""
    options: MethodOptions = getattr(function, MARK, NO_OPTIONS)
    return options


def define_hub(
    cls: type, root: type, *, name: str | None, naming: Naming | None, connection: str | None
) -> HubDefinition:
    """Read the class `cls`, a subclass of `root`.

    Raises:
        HubDefinitionError: a name that no service takes, two targets that differ only by case, a method that hides
            something of `root`, or one that would never run.
    """
    functions = dict(public_functions(cls, root))
    hooks = {event: functions.pop(hook) for hook, event in HOOKS.items() if hook in functions}
    names = target_names(cls, functions, target_naming(naming))
    return HubDefinition(
        name=cls.__name__ if name is None else check_hub_name(name),
        naming=naming,
        targets=MappingProxyType({target: functions[method] for target, method in names.items()}),
        names=MappingProxyType(names),
        hooks=MappingProxyType(hooks),
        connection=connection,
    )


def target_names(
    cls: type, functions: Mapping[str, Callable[..., Any]], name_target: Callable[[str], str]
) -> dict[str, str]:
    """Return the name of the method for each target.

    Args:
        cls: the class with the methods, for errors.
        functions: the methods by name.
        name_target: from the name of a method to its target, where no decorator says it.

    Raises:
        HubDefinitionError: a target that nobody can call, or two that differ only by case.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name, function in functions.items():
        marked = options_of(function).target
        target = name_target(name) if marked is None else marked
        if not target or not target.isprintable():
            raise HubDefinitionError(
                f"{cls.__qualname__}.{name} has the target {target!r}: it must not be empty or have control characters"
            )
        other = taken.setdefault(target.lower(), name)
        if other != name:
            raise HubDefinitionError(
                f"{cls.__qualname__}.{other} and {cls.__qualname__}.{name} have the same target {target!r}, since case "
                "does not count: rename one, or give one another target with @hub_method"
            )
        names[target] = name
    return names
