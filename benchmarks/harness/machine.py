"""What every number here depends on: command, machine, versions."""

import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.harness.servers import ROOT

__all__ = ["surroundings"]

_PACKAGES = (
    "uvicorn", "uvloop", "httptools", "fastapi", "starlette", "pydantic", "orjson", "msgspec", "aiohttp",
    "python-jose", "picows", "websockets", "aiosignalr", "python-socketio",
)  # fmt: skip


def surroundings() -> dict[str, str]:
    """Return them, by name."""
    versions = [f"{name} {found}" for name in _PACKAGES if (found := _version(name)) is not None]
    cores = len(os.sched_getaffinity(0))
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "commit": _said("git", "describe", "--always", "--dirty"),
        "python": platform.python_version(),
        "node": f"{_said('node', '--version')}, ws {_ws_version()}",
        "wrk": _said("wrk", "--version").partition(" Copyright")[0],
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{_processor()}, {cores} cores",
        "load before": ", ".join(f"{value:.2f}" for value in os.getloadavg()),
        "versions": ", ".join(versions),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _ws_version() -> str:
    wanted = json.loads((ROOT / "benchmarks" / "peers" / "node_ws" / "package.json").read_text("utf-8"))
    version_: str = wanted["dependencies"]["ws"]
    return version_


def _said(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "missing"
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return (ran.stdout.strip().splitlines() or [""])[0]


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()
