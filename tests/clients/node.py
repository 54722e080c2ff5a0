"""Scenarios in Node: the official JavaScript client does something, and tells what it saw."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

__all__ = ["both_protocols", "play", "run_node"]

_HERE = Path(__file__).parent
_LIMIT = 30.0

both_protocols = pytest.mark.parametrize("protocol", ["json", "messagepack"])


async def play(scenario: str, url: str, protocol: str, *part: str, transport: str = "") -> list[Any]:
    """Run a scenario, or a part of it, and return what it told; without a `transport` the client chooses one."""
    told = await run_node(f"scenarios/{scenario}.js", url, protocol, *part, SIGNALR_TRANSPORT=transport)
    return [json.loads(line) for line in told.splitlines()]


async def run_node(*arguments: str, **environment: str) -> str:
    """Run node to its good end and return what it printed; `environment` is added to ours."""
    process = await asyncio.create_subprocess_exec(
        "node",
        *arguments,
        cwd=_HERE,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    end = asyncio.create_task(process.communicate())
    await asyncio.wait({end}, timeout=_LIMIT)
    is_late = not end.done()
    if is_late:
        process.kill()
    told, errors = await end  # with all that was told until then
    assert not is_late, f"node did not end within {_LIMIT:g} seconds; it told {told.decode()!r} {errors.decode()}"
    assert process.returncode == 0, errors.decode()
    return told.decode()
