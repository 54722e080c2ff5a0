"""What an idle WebSocket costs in memory, and whether memory stays flat while clients come and go."""

import time
from collections.abc import Callable

from benchmarks.apps.serving import APP, OwnCommand
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import Absent, Server
from benchmarks.harness.targets import compared
from benchmarks.load.websockets import idle_crowd
from benchmarks.peers import serving as peers

__all__ = ["churn", "run"]

_WARM_UP = 20
"""Connections that come and go before: what is loaded at first use belongs to none of them."""
_SETTLE = 1.0
_CHURN_CLIENTS, _CHURN_EACH = 1000, 50
_MINUTE = 60.0

_CONTENDERS: dict[str, tuple[Callable[[], Server], str]] = {
    "raw": (peers.raw, "raw"),
    "node-ws": (peers.node_ws, "raw"),
    "hub-run": (OwnCommand, "hub"),
    "websockets": (peers.websockets, "raw"),
    "hub": (lambda: Server.uvicorn(APP), "hub"),
    "picows": (peers.picows, "raw"),
    "fastapi": (peers.fastapi_websockets, "raw"),
    "aiosignalr": (peers.aiosignalr, "aiosignalr"),
    "socketio": (peers.socketio, "socketio"),
}


class _Idlers:
    """A crowd of idle clients of one server."""

    def __init__(self, server: Server, dialect: str) -> None:
        self._process = idle_crowd(server, dialect)

    def change(self, count: int) -> None:
        """Add `count` clients, or let the oldest go where it is negative."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Absent("the crowd has broken down") from error
        if self._process.stdout.readline() != "ready\n":
            raise Absent("the crowd has broken down")

    def end(self) -> None:
        """Let all go."""
        self._process.kill()
        self._process.communicate()


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure the KiB of each idle connection."""
    for name, (make, dialect) in _CONTENDERS.items():
        if plan.targets_only and f"memory.{name}-{plan.idle[0]}" not in compared():
            continue
        plan.tell(f"memory: {name}")
        server = make()
        try:
            server.start()
            _measure(name, server, dialect, plan, recorder)
        except Absent as reason:
            for count in plan.idle:
                recorder.absent[f"memory.{name}-{count}"] = str(reason)
        finally:
            server.stop()


def _measure(name: str, server: Server, dialect: str, plan: Plan, recorder: Recorder) -> None:
    idlers, open_ = _Idlers(server, dialect), 0
    try:
        idlers.change(_WARM_UP)
        idlers.change(-_WARM_UP)
        time.sleep(_SETTLE)
        before = server.resident()
        for count in plan.idle:
            idlers.change(count - open_)
            open_ = count
            time.sleep(_SETTLE)
            recorder.add(f"memory.{name}-{count}", {"value": (server.resident() - before) / count})
    finally:
        idlers.end()


def churn(plan: Plan, recorder: Recorder, minutes: float = 10) -> None:
    """Replace 50 of 1,000 clients again and again; compare memory after the first minute with the end."""
    server: Server = OwnCommand()
    try:
        server.start()
    except Absent as reason:
        recorder.note(f"churn under plain uvicorn: {reason}")
        server = Server.uvicorn(APP)
        server.start()
    idlers = _Idlers(server, "hub")
    try:
        idlers.change(_CHURN_CLIENTS)
        _churn_for(idlers, _MINUTE)
        recorder.add("churn.before", {"value": server.resident()})
        for minute in range(1, round(minutes)):
            _churn_for(idlers, _MINUTE)
            plan.tell(f"churn: minute {minute + 1}, {server.resident() / 1024:.1f} MiB")
        recorder.add("churn.after", {"value": server.resident()})
    finally:
        idlers.end()
        server.stop()


def _churn_for(idlers: _Idlers, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        idlers.change(_CHURN_EACH)
        idlers.change(-_CHURN_EACH)
