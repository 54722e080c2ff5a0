"""Round trips: clients that call and wait for the answer, in one process and with the app in another."""

from benchmarks.apps.serving import APP, OwnCommand, beside_service
from benchmarks.harness.cores import load_core, second_core
from benchmarks.harness.plan import Plan
from benchmarks.harness.rounds import Contender, interleave
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import Server
from benchmarks.load.websockets import Load, websockets
from benchmarks.macro.upstream import event_load
from benchmarks.peers import serving as peers

__all__ = ["run"]

_CLIENTS = 100


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure invocations that are answered."""

    def contender(server: Server, dialect: str, *partners: Server) -> Contender:
        return Contender(server, websockets(Load(dialect, "echo", _CLIENTS, plan.seconds)), *partners)

    one = {
        "raw": contender(peers.raw(), "raw"),
        "picows": contender(peers.picows(), "raw"),
        "hub-run": contender(OwnCommand(), "hub"),
        "fastapi": contender(peers.fastapi_websockets(), "raw"),
        "hub": contender(Server.uvicorn(APP), "hub"),
        "aiosignalr": contender(peers.aiosignalr(), "aiosignalr"),
        "socketio": contender(peers.socketio(), "socketio"),
    }
    interleave("invoke", one, plan, recorder)
    service, app = beside_service()
    two = {
        "invoke": contender(service, "service", app),
        "upstream": Contender(Server.uvicorn(APP), event_load(plan)),
    }
    if second_core() == load_core():
        recorder.note("two: the app shares a core with the load, and its CPU is not in that of the service")
    interleave("two", two, plan, recorder)
