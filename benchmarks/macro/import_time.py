"""What importing costs."""

import subprocess
import sys
import time
from importlib.util import find_spec

from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import ROOT
from benchmarks.harness.targets import compared

__all__ = ["run"]

_TIMES = 3
_MODULES = ("serverless_hub", "fastapi", "aiosignalr", "socketio")


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure the ms of importing a package, less those of a bare interpreter."""
    plan.tell("import time")
    wanted = [name for name in _MODULES if not plan.targets_only or f"import.{name}" in compared()]
    names = [name for name in wanted if find_spec(name) is not None]
    for _ in range(_TIMES * plan.rounds):
        bare = _took("pass")
        for name in names:
            recorder.add(f"import.{name}", {"value": (_took(f"import {name}") - bare) * 1000})
        recorder.add("import.interpreter", {"value": bare * 1000})


def _took(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - start
