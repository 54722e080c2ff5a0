"""One message to many: once, in bursts, and to more and more receivers."""

from dataclasses import replace

from benchmarks.apps.serving import APP, OwnCommand
from benchmarks.harness.plan import Plan
from benchmarks.harness.rounds import Contender, interleave
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import Server
from benchmarks.load.websockets import Load, websockets
from benchmarks.peers import serving as peers

__all__ = ["run"]

_IN_FLIGHT = 8


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure broadcasts."""

    def contender(server: Server, dialect: str, senders: int = 1, clients: int = plan.clients) -> Contender:
        return Contender(server, websockets(Load(dialect, "publish", clients, plan.seconds, senders)))

    single = {
        "raw": contender(peers.raw(), "raw"),
        "picows": contender(peers.picows(), "raw"),
        "hub-run": contender(OwnCommand(), "hub"),
        "node-ws": contender(peers.node_ws(), "raw"),
        "websockets": contender(peers.websockets(), "raw"),
        "hub": contender(Server.uvicorn(APP), "hub"),
        "fastapi": contender(peers.fastapi_websockets(), "raw"),
        "aiosignalr": contender(peers.aiosignalr(), "aiosignalr"),
        "socketio": contender(peers.socketio(), "socketio"),
    }
    interleave("fan-out", single, plan, recorder)
    bursts = {
        "raw": contender(peers.raw(), "raw", _IN_FLIGHT),
        "picows": contender(peers.picows(), "raw", _IN_FLIGHT),
        "hub-run": contender(OwnCommand(), "hub", _IN_FLIGHT),
        "hub": contender(Server.uvicorn(APP), "hub", _IN_FLIGHT),
        "node-ws": contender(peers.node_ws(), "raw", _IN_FLIGHT),
    }
    interleave("burst", bursts, plan, recorder)
    few, many = plan.receivers
    sizes = {
        f"{name}-{label}": contender(make(), dialect, clients=clients)
        for label, clients in (("500", few), ("2000", many))
        for name, make, dialect in (("raw", peers.raw, "raw"), ("hub-run", OwnCommand, "hub"))
    }
    interleave("receivers", sizes, replace(plan, targets_only=False), recorder)  # slopes come from all of them
    for name in ("raw", "hub-run"):
        _add_slope(f"receivers.{name}", plan, recorder)


def _add_slope(name: str, plan: Plan, recorder: Recorder) -> None:
    """Record the µs that one more receiver takes."""
    few, many = plan.receivers
    for less, more in zip(recorder.values(f"{name}-500:rate"), recorder.values(f"{name}-2000:rate"), strict=False):
        recorder.add(f"{name}-slope", {"value": (many / more - few / less) / (many - few) * 1e6})
    if f"{name}-500" in recorder.absent:
        recorder.absent[f"{name}-slope"] = recorder.absent[f"{name}-500"]
