"""Scenarios in Node: the official JavaScript client does something, and tells what it saw."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

__all__ = ["both_protocols", "play"]

_HERE = Path(__file__).parent
_LIMIT = 30.0

both_protocols = pytest.mark.parametrize("protocol", ["json", "messagepack"])


async def play(scenario: str, url: str, protocol: str, *part: str) -> list[Any]:
    """Run a scenario, or a part of it, and return what it told."""
    process = await asyncio.create_subprocess_exec(
        "node", f"scenarios/{scenario}.js", url, protocol, *part,
        cwd=_HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    end = asyncio.create_task(process.communicate())
    await asyncio.wait({end}, timeout=_LIMIT)
    is_late = not end.done()
    if is_late:
        process.kill()
    told, errors = await end  # with all that was told until then
    assert not is_late, f"{scenario} did not end within {_LIMIT:g} seconds; it told {told.decode()!r} {errors.decode()}"
    assert process.returncode == 0, errors.decode()
    return [json.loads(line) for line in told.splitlines()]
