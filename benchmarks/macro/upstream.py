"""What a SignalR service posts, what clients negotiate, and what becomes of an app's other routes; over HTTP."""

from collections.abc import Callable

from benchmarks.apps.serving import APP, OwnCommand
from benchmarks.harness.plan import Plan
from benchmarks.harness.rounds import Contender, interleave
from benchmarks.harness.samples import Measures, Recorder
from benchmarks.harness.servers import Server
from benchmarks.load.events import (
    ANSWER,
    HEADERS,
    JSON_BODY,
    MSGPACK_ANSWER,
    MSGPACK_BODY,
    MSGPACK_HEADERS,
    WEBHOOK,
)
from benchmarks.load.wrk import wrk
from benchmarks.peers import serving as peers

__all__ = ["event_load", "run"]

_PEERS = "benchmarks.peers.fastapi_upstream"


def event_load(plan: Plan) -> Callable[[Server], Measures]:
    """Return the load of signed events in JSON."""
    return wrk(WEBHOOK, plan.seconds, headers=HEADERS, body=JSON_BODY, expected=ANSWER)


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure upstream events, another route, and negotiate."""
    load = event_load(plan)
    packed = wrk(WEBHOOK, plan.seconds, headers=MSGPACK_HEADERS, body=MSGPACK_BODY, expected=MSGPACK_ANSWER)
    contenders = {
        "bare": Contender(peers.bare(), load),
        "hand-tuned": Contender(Server.uvicorn("benchmarks.peers.hand_tuned:app"), load),
        "hub": Contender(Server.uvicorn(APP), load),
        "hub-run": Contender(OwnCommand(), load),
        "hub-msgpack": Contender(Server.uvicorn(APP), packed),
        "hub-depends": Contender(Server.uvicorn("benchmarks.apps.hub_app:injecting"), load),
        "fastapi-async": Contender(Server.uvicorn(f"{_PEERS}:with_async"), load),
        "fastapi-sync": Contender(Server.uvicorn(f"{_PEERS}:with_sync"), load),
    }
    interleave("upstream", contenders, plan, recorder)
    other = wrk("/other", plan.seconds, method="GET", expected=b'{"hello":"world"}')
    routes = {
        "without-hub": Contender(Server.uvicorn(f"{_PEERS}:without_hub"), other),
        "with-hub": Contender(Server.uvicorn(APP), other),
    }
    interleave("route", routes, plan, recorder)
    negotiate = wrk("/chat/negotiate?negotiateVersion=1", plan.seconds)
    interleave(
        "negotiate",
        {"bare": Contender(peers.bare(), negotiate), "hub": Contender(Server.uvicorn(APP), negotiate)},
        plan,
        recorder,
    )
