"""How often a function of the package is called, as the profiler sees it."""

import cProfile
from types import CodeType

__all__ = ["calls_of"]


def calls_of(profile: cProfile.Profile, name: str) -> int:
    """Return how often functions of `serverless_hub` with this name were called."""
    return sum(
        entry.callcount
        for entry in profile.getstats()
        if isinstance(entry.code, CodeType)
        and entry.code.co_name == name
        and "serverless_hub" in entry.code.co_filename
    )
