"""Loads in processes of their own, on the core of loads."""

import json
import subprocess
import sys

from benchmarks.harness.cores import load_core, on_core
from benchmarks.harness.samples import Measures
from benchmarks.harness.servers import ROOT, Absent

__all__ = ["command_of", "measured_by"]

_LIMIT = 120.0
"""Seconds after which a load hangs."""


def command_of(module: str, wanted: object) -> list[str]:
    """Return what runs `module`, told what is wanted of it."""
    return [sys.executable, "-m", module, json.dumps(wanted)]


def measured_by(module: str, wanted: object) -> Measures:
    """Run a load to its end, and return what it has measured.

    Raises:
        Absent: it has failed; the text has the last line that it said.
    """
    with on_core(load_core()):
        ran = subprocess.run(
            command_of(module, wanted), capture_output=True, text=True, check=False, cwd=ROOT, timeout=_LIMIT
        )
    if ran.returncode:
        raise Absent(f"the load failed: {(ran.stderr.strip().splitlines() or ['no word'])[-1]}")
    found: dict[str, float] = json.loads(ran.stdout)
    return found
