"""`--set NAME=VALUE`: the times and limits of the service, one by one."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings import ServiceSettings

__all__ = ["read_settings_options"]

_DEFAULTS = ServiceSettings()
_WORDS = {"true": True, "false": False}


def read_settings_options(texts: Sequence[str], *, upstream_timeout: float) -> ServiceSettings:
    """Return the settings that `NAME=VALUE` texts say; the last counts where a name stands more than once.

    Args:
        texts: names are those of `ServiceSettings`; several transports are separated by commas.
        upstream_timeout: has an option of its own.

    Raises:
        ConfigurationError: there is no such name, or its value cannot be used.
    """
    names = {field.name for field in fields(ServiceSettings)} - {"upstream_timeout"}
    values: dict[str, Any] = {"upstream_timeout": upstream_timeout}
    for text in texts:
        name, separator, value = text.partition("=")
        if name not in names:
            known = ", ".join(sorted(names))
            raise ConfigurationError(f"--set {name!r} is none of the service's settings, which are: {known}")
        if not separator:
            raise ConfigurationError(f"--set {name} has no value: write --set {name}=VALUE")
        try:
            values[name] = _read(value.strip(), getattr(_DEFAULTS, name))
        except (ValueError, KeyError):
            raise ConfigurationError(f"--set {text!r}: {_wanted(getattr(_DEFAULTS, name))}") from None
    try:
        return ServiceSettings(**values)
    except ConfigurationError as error:
        raise ConfigurationError(f"--set: {error}") from None


def _read(value: str, default: object) -> object:
    match default:
        case bool():
            return _WORDS[value.lower()]
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return tuple(name.strip() for name in value.split(","))


def _wanted(default: object) -> str:
    if isinstance(default, bool):
        return "the value has to be true or false"
    return f"the value has to be a {'whole ' if isinstance(default, int) else ''}number"
