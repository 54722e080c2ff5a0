"""Mistakes that are easily made with `HubRouter(...)`, said in words instead of a traceback."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi.params import Depends

from serverless_hub.errors import ConfigurationError, HubDefinitionError
from serverless_hub.hub.hub import ServerlessHub

__all__ = ["check_service", "checked_hubs", "plain_dependency"]


def checked_hubs(hubs: Sequence[Any]) -> Sequence[type[ServerlessHub[Any]]]:
    """Return `hubs`; raise `HubDefinitionError` for what is no hub class."""
    for hub in hubs:
        if not isinstance(hub, type) or not issubclass(hub, ServerlessHub) or hub is ServerlessHub:
            raise HubDefinitionError(
                "HubRouter takes subclasses of ServerlessHub, one after the other, as in HubRouter(Chat, News), and "
                f"not {hub!r}"
            )
    return hubs


def check_service(service: Any) -> None:
    """Raise `ConfigurationError` for a class in the place of a service."""
    if isinstance(service, type):
        raise ConfigurationError(f"default_service= takes a service and not a class: write {service.__name__}()")


def plain_dependency(who: Any) -> Callable[..., Any] | None:
    """Return the function of a dependency that was given as `Depends(function)`, or as it is."""
    return who.dependency if isinstance(who, Depends) else who
