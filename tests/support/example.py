"""An example's app as it is after a start: nothing is kept from one test to the next."""

import sys
from importlib import import_module
from types import ModuleType

__all__ = ["load_example"]


def load_example(name: str) -> ModuleType:
    """Run a module below `examples`, such as `whiteboard.app`, however often it has been imported already."""
    sys.modules.pop(f"examples.{name}", None)
    return import_module(f"examples.{name}")
