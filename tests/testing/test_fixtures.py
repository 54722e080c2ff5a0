"""The pytest plugin, in runs of its own: here it would be loaded before coverage."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_HEAD = """
import pytest
from tests.testing.apps import Chat, chat_app

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.fixture
def hub_app():
    return chat_app()
"""
_TEST = """
{mark}
async def test_a_client_is_answered_{number}(hub_client):
    client = await hub_client.connect(user_id="ann")
    assert await client.invoke("echo", 1) == 1
"""
_MARKS = ["@pytest.mark.asyncio", "@pytest.mark.anyio"]


def run(folder: Path, marks: list[str], mode: str) -> str:
    tests = (_TEST.format(mark=mark, number=number) for number, mark in enumerate(marks))
    (folder / "test_it.py").write_text(_HEAD + "".join(tests), "utf-8")
    options = ["-o", f"asyncio_mode={mode}", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error"]
    done = subprocess.run(  # noqa: S603 - our own suite
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "pytest_serverless_hub",
            *options,
            "-c",
            "/dev/null",
            "test_it.py",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("mode", "marks"), [("auto", [""]), ("strict", _MARKS)])
def test_hub_client_runs_the_app_of_hub_app(tmp_path: Path, mode: str, marks: list[str]) -> None:
    output = run(tmp_path, marks, mode)
    assert f"{len(marks)} passed" in output, output
