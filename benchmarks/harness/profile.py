"""Where a server's time goes, by py-spy: what a target that is not reached has to say for itself."""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.harness.cores import load_core, on_core
from benchmarks.harness.samples import Measures
from benchmarks.harness.servers import Absent, Server

__all__ = ["busiest", "profiled"]

_SECONDS, _RATE = 2, 250
_SHOWN = 10


def profiled(server: Server, load: Callable[[Server], Measures]) -> list[str]:
    """Load a server and return its busiest functions.

    Raises:
        Absent: there is no py-spy, or it may not look into other processes.
    """
    command = shutil.which("py-spy", path=f"{Path(sys.executable).parent}:{Path('/usr/bin')}")
    if command is None:
        raise Absent("py-spy is missing: pip install 'serverless-hub[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder) / "stacks"
        options = ("-f", "raw", "--function", "--nonblocking", "-r", str(_RATE), "-d", str(_SECONDS))
        with on_core(load_core()):
            spy = subprocess.Popen(
                [command, "record", *options, "-o", str(stacks), "-p", str(server.pid)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        while spy.poll() is None:
            load(server)
        if spy.returncode or not stacks.exists():
            raise Absent("py-spy may not look into other processes: run as root, or allow ptrace")
        return busiest(stacks.read_text("utf-8").splitlines())


def busiest(stacks: Iterable[str]) -> list[str]:
    """Return the functions in which most samples ended, with their share.

    Args:
        stacks: `outermost;...;innermost count`, as py-spy writes them.
    """
    ends: Counter[str] = Counter()
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        if count.isdecimal():  # A name may have changed while it was read: nothing stops the process.
            ends[frames.rpartition(";")[2]] += int(count)
    total = ends.total() or 1
    return [f"{count / total:4.0%} {name}" for name, count in ends.most_common(_SHOWN)]
