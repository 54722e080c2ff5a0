"""Node and the packages of the official client, which most tests here need."""

import os
import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def node(request: pytest.FixtureRequest) -> None:
    """Skip without Node or its packages, except where everything has to be tested."""
    if request.node.get_closest_marker("node") is None:
        return
    missing = None
    if shutil.which("node") is None:
        missing = "there is no node: install Node.js 18 or newer"
    elif not (Path(__file__).parent / "node_modules").is_dir():
        missing = "the packages of the official client are missing: run `npm ci` in tests/clients"
    if missing is not None:
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
