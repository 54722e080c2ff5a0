"""Reading what clients implement: a Protocol with one `async def` for each method that can be called on them.

A method that returns something is a client result: it is called on one client and waits for its answer.
"""

import inspect
from collections.abc import Callable
from functools import cached_property
from types import FunctionType, MappingProxyType
from typing import Any, TypeVar, get_origin

from typing_extensions import get_protocol_members, is_protocol

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.casing import Casing, OutgoingCasing, outgoing_casing
from serverless_hub.hub.client_arguments import ClientArguments
from serverless_hub.hub.client_results import ClientResultReader
from serverless_hub.hub.clients import ClientProxy
from serverless_hub.hub.definition import MethodOptions, options_of, target_names
from serverless_hub.hub.filters import filters_of
from serverless_hub.hub.generics import check_variables, resolved_argument, type_arguments, variables_of
from serverless_hub.hub.injection import parameters_of
from serverless_hub.hub.naming import Naming, target_naming
from serverless_hub.hub.typed_clients import ClientContract, ClientMethod, proxy_class

__all__ = ["ClientDefinition", "client_contract"]

_T = TypeVar("_T")


class ClientDefinition:
    """What a hub class says of its clients.

    Args:
        hub_class: a subclass of `root`, which is generic in what clients implement.
        root: the base of all hubs.
        naming: how methods become targets.
        casing: how fields of models are spelt.

    Raises:
        HubDefinitionError: what clients implement is no Protocol that can be called on them, as far as that can be
            said without looking at annotations.
    """

    def __init__(self, hub_class: type, root: type, naming: Naming | None, casing: Casing | None) -> None:
        self.rule: Casing | None = casing
        """How fields of models are spelt, as it was written."""
        self.casing: OutgoingCasing | None = outgoing_casing(casing)
        """The same, ready to use."""
        self._hub_class = hub_class
        self._naming: Naming | None = naming
        self._given = [each for each in type_arguments(hub_class, root) if each.value not in {Any, ClientProxy}]
        for each in self._given:
            if isinstance(get_origin(each.value) or each.value, type):
                _functions(each.value, naming, hub_class)

    @cached_property
    def contract(self) -> ClientContract[Any] | None:
        """What clients implement; None where any target can be sent to them.

        Raises:
            HubDefinitionError: it cannot be called on clients; the text says what to change.
        """
        where = self._hub_class.__qualname__
        found = list(dict.fromkeys(resolved_argument(each, where) for each in self._given))
        if len(found) > 1:
            raise HubDefinitionError(
                f"{where} has bases with different clients, {' and '.join(map(_shown, found))}: give all of them one "
                "Protocol, which may inherit from several"
            )
        for protocol in found:
            if isinstance(protocol, TypeVar):
                raise HubDefinitionError(
                    f"{where} has the type variable {protocol.__name__} in the place of its clients, and nothing says "
                    "what it is: give the base its argument, as in class Chat(Base[ChatClient])"
                )
            return _contract(protocol, self._naming, self.casing, self._hub_class)
        return None


def client_contract(
    protocol: Callable[..., _T], *, naming: Naming | None = None, casing: Casing | None = None
) -> ClientContract[_T]:
    """Read what clients implement, for `Clients.typed`.

    Args:
        protocol: a Protocol class. (mypy takes no Protocol for a `type[T]`, but for what is called.)
        naming: how its methods become targets: `"camel"`, or a function; without it, they are the names.
        casing: how fields of models are spelt: `"camel"`, or a function; without it, as they are.

    Raises:
        HubDefinitionError: it cannot be called on clients; the text says what to change.
    """
    return _contract(protocol, naming, outgoing_casing(casing), None)


def _contract(
    protocol: Any, naming: Naming | None, casing: OutgoingCasing | None, hub_class: type | None
) -> ClientContract[Any]:
    functions = _functions(protocol, naming, hub_class)
    methods = [_method(protocol, name, target, function, casing) for target, (name, function) in functions.items()]
    origin: type = get_origin(protocol) or protocol
    by_name = MappingProxyType({method.name: method for method in methods})
    return ClientContract(origin, by_name, proxy_class(origin, methods))


def _functions(
    protocol: Any, naming: Naming | None, hub_class: type | None
) -> dict[str, tuple[str, Callable[..., Any]]]:
    """Return name and function of each method by target; annotations are not looked at."""
    origin = get_origin(protocol) or protocol
    if not is_protocol(origin):
        whose = "" if hub_class is None else f"the clients of {hub_class.__qualname__}: "
        raise HubDefinitionError(
            f"{whose}{_shown(protocol)} is no Protocol: write `class {_shown(protocol)}(Protocol)`, with an `async "
            "def` for each method that clients have"
        )
    functions = {name: _function(origin, name) for name in sorted(get_protocol_members(origin))}
    names = target_names(origin, functions, target_naming(naming))
    return {target: (name, functions[name]) for target, name in names.items()}


def _function(protocol: type, name: str) -> Callable[..., Any]:
    where = f"{protocol.__qualname__}.{name}"
    function: object = inspect.getattr_static(protocol, name, None)
    if not isinstance(function, FunctionType) or not inspect.iscoroutinefunction(function):
        raise HubDefinitionError(
            f"{where} cannot be called on clients: write `async def {name}(self, ...) -> None`, since a Protocol of "
            "clients has nothing but async methods"
        )
    if name.startswith("_"):
        raise HubDefinitionError(
            f"{where} begins with an underscore: rename it, and give it this name on the wire with "
            f"@hub_method({name!r})"
        )
    if filters_of(function) or options_of(function) != MethodOptions(options_of(function).target):
        raise HubDefinitionError(
            f"{where} runs on clients, so @hub_method can only say its name there: leave the other options out"
        )
    return function


def _method(
    protocol: Any, name: str, target: str, function: Callable[..., Any], casing: OutgoingCasing | None
) -> ClientMethod:
    owner = f"{(get_origin(protocol) or protocol).__qualname__}.{name}"
    variables = variables_of(protocol, name)
    parameters, returned = parameters_of(function, skip_self=False, variables=variables)
    if not parameters:
        raise HubDefinitionError(f"{owner} lacks self, its first parameter")
    for annotation in (returned, *(parameter.annotation for parameter in parameters[1:])):
        check_variables(owner, annotation, variables)
    if returned is inspect.Signature.empty:
        raise HubDefinitionError(
            f"{owner} does not say what it returns: write `-> None`, or the type of the result that clients give"
        )
    return ClientMethod(
        name=name,
        target=target,
        signature=inspect.Signature(parameters, return_annotation=returned),
        arguments=ClientArguments(owner, parameters[1:], casing),
        result=None if returned is None else _reader(owner, returned),
        doc=function.__doc__,
    )


def _reader(owner: str, returned: Any) -> ClientResultReader:
    try:
        return ClientResultReader(returned)
    except TypeError as error:
        raise HubDefinitionError(f"{owner} cannot have this result: {error}") from error


def _shown(annotation: Any) -> str:
    return getattr(annotation, "__qualname__", None) or repr(annotation)
