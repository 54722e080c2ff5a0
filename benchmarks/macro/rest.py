"""Sends from a hub to a service in another process."""

from dataclasses import replace

from benchmarks.apps.serving import service
from benchmarks.harness.plan import Plan
from benchmarks.harness.rounds import Contender, interleave
from benchmarks.harness.samples import Recorder
from benchmarks.load.rest import rest
from benchmarks.peers import serving as peers

__all__ = ["run"]


def run(plan: Plan, recorder: Recorder) -> None:
    """Measure sends over REST."""
    contenders = {
        "bare": Contender(peers.bare(), rest("bare", plan.seconds)),
        "hub": Contender(service(), rest("hub", plan.seconds)),
    }
    interleave("rest", contenders, plan, recorder)
    counted = {"tokens-signed": Contender(service(), rest("count", plan.seconds))}
    interleave("rest", counted, replace(plan, rounds=1), recorder)
