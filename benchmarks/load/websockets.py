"""The counting WebSocket loader, in a process of its own.

    python -m benchmarks.load.websockets '{"port": 8000, "dialect": "raw", "mode": "publish", ...}'

`publish`: some clients publish one text each, and the next only when everybody has got all of them. `echo`: every
client sends again as soon as its text has come back. `idle` opens as many clients as each line of its input says, and
says `ready` then. It measures its own CPU, too: a loader that needs its whole core measures itself.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from benchmarks.harness.cores import load_core, on_core
from benchmarks.harness.samples import Measures
from benchmarks.harness.servers import ROOT, Server, cpu_of
from benchmarks.load.child import command_of, measured_by
from benchmarks.load.crowd import Crowd, LostError, disorder
from benchmarks.load.dialects import DIALECTS
from benchmarks.load.events import token

__all__ = ["Load", "Mode", "idle_crowd", "main", "websockets"]

Mode = Literal["publish", "echo", "idle"]
_MODULE = "benchmarks.load.websockets"
"""This one, which is `__main__` where it runs."""
_WATCHED = 3
_WARM_UPS = 40
_QUIET = 0.2
"""Seconds after which nothing more comes."""
_WITH_TOKENS = frozenset(("hub", "service"))


@dataclass(frozen=True)
class Load:
    """What to do to a server."""

    dialect: str
    mode: Mode
    clients: int
    seconds: float
    senders: int = 1
    port: int = 0
    pid: int = 0
    """The server, whose CPU is measured."""


class _Stopwatch:
    """Measures a load from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._start, self._own, self._server = time.perf_counter(), time.process_time(), cpu_of(pid)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def measures(self, done: int) -> dict[str, float]:
        took, own, server = self.seconds, time.process_time() - self._own, cpu_of(self._pid) - self._server
        return {"rate": done / took, "done": done, "loader": own / took, "cpu": server / done * 1e6}


def websockets(load: Load) -> Callable[[Server], Measures]:
    """Return what runs `load` in a process of its own, on the core of loads.

    It measures `rate`, the server's `cpu` in µs for each, the share of its core that the loader used as `loader`, and
    for published texts `disorder`.
    """

    def run(server: Server) -> Measures:
        return measured_by(_MODULE, {**asdict(load), "port": server.port, "pid": server.pid})

    return run


def idle_crowd(server: Server, dialect: str) -> "subprocess.Popen[str]":
    """Return the process of a crowd that does nothing; it takes numbers on its input, and answers `ready`."""
    said = command_of(_MODULE, {**asdict(Load(dialect, "idle", 0, 0)), "port": server.port})
    with on_core(load_core()):
        return subprocess.Popen(said, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _publish(crowd: Crowd, load: Load) -> dict[str, float]:
    dialect = DIALECTS[load.dialect]
    lines = list(crowd.sockets.values())[: load.senders]
    _warm_up(crowd, load)
    crowd.watch(_WATCHED)
    wanted, rounds = load.clients * load.senders, 0
    stopwatch = _Stopwatch(load.pid)
    while stopwatch.seconds < load.seconds:
        for sender, line in enumerate(lines):
            line.send(dialect.publish_frame(sender, rounds))
        got = crowd.collect(wanted)
        if got != wanted:
            raise LostError(f"{got} of {wanted} messages came")
        rounds += 1
    measured = stopwatch.measures(rounds * wanted)
    wrong = disorder([bytes(data) for data in crowd.heard.values()], rounds, load.senders)
    return {**measured, "disorder": wrong}


def _warm_up(crowd: Crowd, load: Load) -> None:
    """Publish until everybody gets it: servers take members in after they have answered."""
    frame, got = DIALECTS[load.dialect].publish_frame(99, 0), 0
    for _ in range(_WARM_UPS):
        next(iter(crowd.sockets.values())).send(frame)
        got = crowd.collect(load.clients, patience=0.5)
        if got == load.clients:
            while crowd.poll(_QUIET):  # What an earlier try still has on its way must not count.
                pass
            return
    raise LostError(f"only {got} of {load.clients} clients get what is published")


def _echo(crowd: Crowd, load: Load) -> dict[str, float]:
    dialect = DIALECTS[load.dialect]
    frames = {number: dialect.echo_frame(0, index) for index, number in enumerate(crowd.sockets)}
    for number, line in crowd.sockets.items():
        line.send(frames[number])
    _answered(crowd, frames, 0.1 * load.seconds)
    stopwatch = _Stopwatch(load.pid)
    return stopwatch.measures(_answered(crowd, frames, load.seconds))


def _answered(crowd: Crowd, frames: dict[int, bytes], seconds: float) -> int:
    """Send again whatever comes back, for some time; return how often."""
    sockets, done = crowd.sockets, 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        found = crowd.poll(10)
        if not found:
            raise LostError("nothing comes back")
        for number, marks in found:
            for _ in range(marks):
                sockets[number].send(frames[number])
                done += 1
    return done


def _idle(crowd: Crowd) -> None:
    for line in sys.stdin:
        number = int(line)
        if number > 0:
            crowd.join(number)
        else:
            crowd.leave(-number)
        print("ready", flush=True)


def main() -> None:
    """Run the load that the command line says, and print what it has measured."""
    load = Load(**json.loads(sys.argv[1]))
    dialect = DIALECTS[load.dialect]
    path = dialect.echo_path if load.mode == "echo" else dialect.publish_path
    crowd = Crowd(load.port, path, dialect, token() if load.dialect in _WITH_TOKENS else None)
    crowd.join(load.clients)
    if load.mode == "idle":
        _idle(crowd)
    else:
        print(json.dumps(_publish(crowd, load) if load.mode == "publish" else _echo(crowd, load)))
    crowd.close()


if __name__ == "__main__":
    main()
