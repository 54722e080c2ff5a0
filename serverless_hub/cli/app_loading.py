"""The app that a command is to work with, by the name of its module."""

import sys
from importlib import import_module
from inspect import isclass
from pathlib import Path
from typing import Any

from serverless_hub.errors import ConfigurationError

__all__ = ["load_app", "place_parts"]


def place_parts(place: str) -> tuple[str, str]:
    """Return the module and the attribute of a place such as `main:app`.

    Raises:
        ConfigurationError: it has not both.
    """
    module, _, path = place.partition(":")
    if not module or not path:
        raise ConfigurationError(f"{place!r} names no app: write it as module:attribute, such as main:app")
    return module, path


def load_app(place: str, folder: Path) -> Any:
    """Return the app at `place`, such as `main:app`; its module is looked for in `folder` first.

    Raises:
        ConfigurationError: there is none; what goes wrong inside of its module is raised as it is.
    """
    module, path = place_parts(place)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(
            f"there is no module {module!r} in {folder}: run the command where it is, or say --app-dir FOLDER"
        ) from None
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise ConfigurationError(f"the module {module!r} has no app {path!r}")
    if isclass(found):
        raise ConfigurationError(
            f"{path!r} of {module!r} is a class: name the app that it is part of, such as main:app"
        )
    return found
