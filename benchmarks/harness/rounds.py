"""Groups of contenders, measured in turns: whatever disturbs the machine disturbs all of them alike."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from benchmarks.harness.plan import Plan
from benchmarks.harness.profile import profiled
from benchmarks.harness.samples import Measures, Recorder
from benchmarks.harness.servers import Absent, Server
from benchmarks.harness.targets import compared, falls_short

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
        self._servers = (*partners, server)

    def launch(self, stack: ExitStack) -> None:
        """Begin to start its servers, which `stack` stops; raises Absent."""
        for server in self._servers:
            stack.callback(server.stop)
            server.launch()

    def wait(self) -> None:
        """Wait until its servers take connections; raises Absent."""
        for server in self._servers:
            server.wait()


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
    named = {f"{group}.{name}": contender for name, contender in contenders.items()}
    running = {name: named[name] for name in named if not plan.targets_only or name in compared()}

    def each(do: Callable[[str, Contender], None]) -> None:
        for name, contender in list(running.items()):
            try:
                do(name, contender)
            except Absent as reason:
                recorder.absent[name] = str(reason)
                del running[name]

    with ExitStack() as stack:
        each(lambda _, contender: contender.launch(stack))
        each(lambda _, contender: contender.wait())
        for number in range(plan.rounds):
            plan.tell(f"{group}: round {number + 1} of {plan.rounds}, {len(running)} contenders")
            each(lambda name, contender: _measure(name, contender, recorder))
        if plan.profiles:
            each(lambda name, contender: _profile(name, contender, plan, recorder))


def _measure(name: str, contender: Contender, recorder: Recorder) -> None:
    measured = loaded(contender.server, contender.load)
    recorder.add(name, measured)
    if measured.get("loader", 0.0) > _BUSY:
        recorder.note(f"{name}: the loader used {measured['loader']:.0%} of its core and may be the bottleneck")


def _profile(name: str, contender: Contender, plan: Plan, recorder: Recorder) -> None:
    """Say why a contender has not reached what it has to."""
    if not falls_short(name, recorder):
        return
    plan.tell(f"{name} falls short: profiling it")
    try:
        recorder.profiles[name] = profiled(contender.server, contender.load)
    except Absent as reason:
        recorder.note(f"{name} was not profiled: {reason}")
