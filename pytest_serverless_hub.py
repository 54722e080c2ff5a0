"""Fixtures of serverless_hub for pytest.

Outside of the package, since pytest loads plugins before coverage starts: what is imported here would not be counted.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import pytest

try:
    import pytest_asyncio
except ImportError:  # Then anyio's plugin runs asynchronous fixtures.
    pytest_asyncio = None  # type: ignore[assignment]  # that is how it is told

if TYPE_CHECKING:
    from serverless_hub.testing import HubTestClient

__all__ = ["hub_app", "hub_class", "hub_client"]


@pytest.fixture
def hub_app() -> Any:
    """The app under test; a conftest.py or a test module overrides it."""
    raise pytest.UsageError("write a fixture hub_app that returns your app: hub_client runs what that returns")


@pytest.fixture
def hub_class() -> Any:
    """The hub that clients connect to; override it where the app has several."""
    return None


@pytest.fixture
def hub_client(request: pytest.FixtureRequest) -> "HubTestClient":
    """A `HubTestClient` that runs `hub_app`, in the event loop of the test."""
    # In its strict mode, pytest-asyncio runs only fixtures of its own, and anyio's plugin none of those.
    is_asyncio = pytest_asyncio is not None and request.node.get_closest_marker("asyncio") is not None
    client: HubTestClient = request.getfixturevalue("_hub_client_of_asyncio" if is_asyncio else "_hub_client")
    return client


async def _client(hub_app: Any, hub_class: Any) -> AsyncGenerator["HubTestClient"]:
    from serverless_hub.testing import HubTestClient  # noqa: PLC0415 - costs nothing in runs without it

    async with HubTestClient(hub_app, hub_class) as client:
        yield client


_hub_client = pytest.fixture(_client)
if pytest_asyncio is not None:
    _hub_client_of_asyncio = pytest_asyncio.fixture(_client)
