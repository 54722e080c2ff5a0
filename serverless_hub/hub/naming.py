"""From Python names to names on the wire."""

from collections.abc import Callable
from typing import Literal

from serverless_hub.errors import HubDefinitionError
from serverless_hub.protocol.endpoint import HUB_NAME

__all__ = ["Naming", "camel", "check_hub_name", "target_naming"]

Naming = Literal["camel"] | Callable[[str], str]
"""How method names become targets: `"camel"` for lowerCamelCase, or a function of the name."""


def target_naming(naming: Naming | None) -> Callable[[str], str]:
    """Return the function from a method's name to its target; without `naming`, the name itself."""
    if naming is None:
        return str
    if naming == "camel":
        return camel
    if callable(naming):
        return naming
    raise HubDefinitionError(f"naming={naming!r} is unknown: use 'camel' or a function from name to target")


def check_hub_name(name: str) -> str:
    """Return `name` if a SignalR service takes it as a hub's name.

    Raises:
        HubDefinitionError: it does not match the pattern of the REST API.
    """
    if HUB_NAME.fullmatch(name):
        return name
    raise HubDefinitionError(
        f"{name!r} cannot be the name of a hub: it must begin with an ASCII letter and have at most 128 letters, "
        "digits or any of _ ` , . [ ]; give another one with `class ...(ServerlessHub, hub='name')`"
    )


def camel(name: str) -> str:
    """Return `name` in lowerCamelCase: `send_message` as `sendMessage`; underscores in front stay."""
    words = name.lstrip("_")
    first, *others = words.split("_")
    return name[: len(name) - len(words)] + first + "".join(word[:1].upper() + word[1:] for word in others)
