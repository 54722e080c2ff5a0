"""Groups of contenders, measured in turns: whatever disturbs the machine disturbs all of them alike."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Measures, Recorder
from benchmarks.harness.servers import Absent, Server

__all__ = ["Contender", "interleave", "loaded"]

_BUSY = 0.9
"""A loader that used so much of its core may have been the bottleneck."""


class Contender:
    """A server with a load for it.

    Args:
        server: what is measured.
        load: loads a server and returns what it has measured; with `done`, unless it has measured `cpu` itself.
        partners: other servers that it needs.
    """

    def __init__(self, server: Server, load: Callable[[Server], Measures], *partners: Server) -> None:
        self.server = server
        self.load = load
        self.servers = (*partners, server)


def loaded(server: Server, load: Callable[[Server], Measures]) -> Measures:
    """Load a server; return what the load says, and the server's CPU in µs for each unit of it."""
    before = server.cpu()
    measured = load(server)
    if "cpu" in measured:  # The loader has left out what came before its load.
        return measured
    return {**measured, "cpu": (server.cpu() - before) / measured["done"] * 1e6}


def interleave(group: str, contenders: Mapping[str, Contender], plan: Plan, recorder: Recorder) -> None:
    """Start all servers of a group, measure one after the other in each round, and stop them.

    A contender that cannot be measured is noted, and the others go on.
    """
    with ExitStack() as stack:
        running = dict(contenders)

        def each(do: Callable[[str, Contender], None]) -> None:
            for name, contender in list(running.items()):
                try:
                    do(f"{group}.{name}", contender)
                except Absent as reason:
                    recorder.absent[f"{group}.{name}"] = str(reason)
                    del running[name]

        def launch(_: str, contender: Contender) -> None:
            for server in contender.servers:
                stack.callback(server.stop)
                server.launch()

        def wait(_: str, contender: Contender) -> None:
            for server in contender.servers:
                server.wait()

        each(launch)
        each(wait)
        for number in range(plan.rounds):
            plan.tell(f"{group}: round {number + 1} of {plan.rounds}, {len(running)} contenders")
            each(lambda name, contender: _measure(name, contender, recorder))


def _measure(name: str, contender: Contender, recorder: Recorder) -> None:
    measured = loaded(contender.server, contender.load)
    recorder.add(name, measured)
    if measured.get("loader", 0.0) > _BUSY:
        recorder.note(f"{name}: the loader used {measured['loader']:.0%} of its core and may be the bottleneck")
