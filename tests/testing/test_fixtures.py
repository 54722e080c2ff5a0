"""The pytest plugin, in a run of its own: in this one it would be there before coverage."""

from pathlib import Path

from tests.support.pytest_run import run_pytest

_SUITE = """
import sys
import pytest

def test_the_plugin_costs_nothing_until_it_is_used():
    assert "serverless_hub" not in sys.modules

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.asyncio
async def test_the_fixture_works_with_pytest_asyncio(hub_client, hub_app):
    client = await hub_client.connect(user_id="ann")
    assert await client.invoke("echo", 1) == 1

@pytest.mark.anyio
async def test_the_fixture_works_with_anyio(hub_client, hub_app):
    client = await hub_client.connect(user_id="ann")
    assert await client.invoke("echo", 1) == 1
"""
_OVERRIDE = """
@pytest.fixture
def hub_app():
    from tests.testing.apps import chat_app
    return chat_app()
"""


def test_hub_client_runs_hub_app_whichever_plugin_runs_the_test(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(_SUITE + _OVERRIDE, "utf-8")
    output = run_pytest(file, asyncio_mode="strict")
    assert "3 passed" in output, output


def test_without_hub_app_the_fixture_says_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(_SUITE, "utf-8")
    output = run_pytest(file, asyncio_mode="strict")
    assert "1 passed" in output, output
    assert "write a fixture hub_app that returns your app" in output, output
