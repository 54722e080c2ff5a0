"""The names at the top of the package: all there, nothing else, and cheap to have."""

import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import pytest

import serverless_hub

HEAVY = {"aiohttp", "fastapi", "jose", "pydantic", "starlette", "uvicorn"}


def other_public_names() -> set[str]:
    """Return what modules of the package offer and its top does not."""
    modules = [import_module(found.name) for found in walk_packages(serverless_hub.__path__, "serverless_hub.")]
    submodules = {module.__name__.split(".")[1] for module in modules}
    offered = {name for module in modules for name in getattr(module, "__all__", ())}
    return offered - set(serverless_hub.__all__) - submodules


def modules_after(statement: str) -> set[str]:
    """Return the packages that a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return set(run.stdout.split())


@pytest.mark.parametrize("name", serverless_hub.__all__)
def test_every_listed_name_is_there_under_its_own_name(name: str) -> None:
    assert getattr(serverless_hub, name).__name__ == name


def test_the_listing_of_the_package_is_its_public_names() -> None:
    assert dir(serverless_hub) == sorted(serverless_hub.__all__)


def test_no_other_name_of_its_modules_is_at_the_top() -> None:
    others = other_public_names()
    assert "describe_hub" in others
    assert [name for name in sorted(others) if hasattr(serverless_hub, name)] == []


@pytest.mark.parametrize("name", ["Nothing", "_nothing", "hub_router", ""])
def test_a_name_that_does_not_exist_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'serverless_hub' has no attribute '{name}'"):
        getattr(serverless_hub, name)


def test_importing_the_package_alone_loads_nothing_heavy() -> None:
    assert modules_after("import serverless_hub") & HEAVY == set()


def test_importing_its_router_does() -> None:
    assert "fastapi" in modules_after("from serverless_hub import HubRouter")
