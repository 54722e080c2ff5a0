"""How long a thousand tests of a hub take, each with an app of its own lifespan and two clients.

    python -m benchmarks.testing_speed [--tests 1000] [--workers 2]

Runs pytest in a process of its own, on so many cores, and prints seconds; the aim is less than 20 on two cores.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["main"]

_ROOT = Path(__file__).parents[1]
_SUITE = """
import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.testing import HubTestClient


class Chat(ServerlessHub):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "lobby")

    async def say(self, text: str) -> int:
        await self.clients.group("lobby").send("said", self.context.user_id, text)
        return len(text)


app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)


@pytest.mark.parametrize("text", [str(number) for number in range({tests})])
async def test_both_hear_it(text: str) -> None:
    async with HubTestClient(app, Chat) as hub:
        ann = await hub.connect(user_id="ann")
        ben = await hub.connect()
        assert await ann.invoke("say", text) == len(text)
        assert await ben.receive("said") == ["ann", text]
"""


def main() -> None:
    """Measure, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_hub.py").write_text(_SUITE.format(tests=options.tests), "utf-8")
        seconds = _seconds(folder, options.workers)
    print(f"{options.tests} tests on {options.workers} cores: {seconds:.1f} s")


def _seconds(folder: str, workers: int) -> float:
    settings = ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", f"pythonpath={_ROOT}"]
    chosen = [part for setting in settings for part in ("-o", setting)]
    plugins = ["-p", "no:cacheprovider", "-n", str(workers)]
    started = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "/dev/null",
        *plugins,
        *chosen,
        f"--rootdir={folder}",
        folder,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
