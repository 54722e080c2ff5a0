"""What the profiler of Python has seen: how often functions were called, and which took longest."""

import cProfile
from pathlib import Path
from types import CodeType

__all__ = ["calls_of", "slowest"]

_SHOWN = 10


def calls_of(profile: cProfile.Profile, name: str) -> int:
    """Return how often functions of `serverless_hub` with this name were called."""
    return sum(
        entry.callcount
        for entry in profile.getstats()
        if isinstance(entry.code, CodeType)
        and entry.code.co_name == name
        and "serverless_hub" in entry.code.co_filename
    )


def slowest(profile: cProfile.Profile) -> list[str]:
    """Return the functions that took longest by themselves, with their share."""
    entries = sorted(profile.getstats(), key=lambda entry: -entry.inlinetime)
    total = sum(entry.inlinetime for entry in entries) or 1.0
    return [f"{entry.inlinetime / total:4.0%} {_name(entry.code)}" for entry in entries[:_SHOWN]]


def _name(code: CodeType | str) -> str:
    """Name a function as py-spy does; one that is written in C has a description only."""
    return code if isinstance(code, str) else f"{code.co_name} ({Path(code.co_filename).name})"
