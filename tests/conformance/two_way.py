"""The check in both directions: every requirement has a test, and every mark names a requirement."""

from collections.abc import Collection
from pathlib import Path

from tests.conformance.marks import Mark

__all__ = ["gaps", "load_pending"]

_PENDING = Path(__file__).with_name("pending.txt")


def load_pending() -> list[str]:
    """Return the ids of requirements whose code is still to come; none when the file is gone."""
    return _PENDING.read_text("utf-8").split() if _PENDING.exists() else []


def gaps(ids: Collection[str], marks: Collection[Mark], pending: Collection[str] = ()) -> list[str]:
    """Return what does not fit together, one line each."""
    places = {mark.id: mark.place for mark in marks}
    unknown = [f"{mark.place}: there is no requirement {mark.id!r}" for mark in marks if mark.id not in ids]
    lost = [f"pending.txt: there is no requirement {name!r}" for name in pending if name not in ids]
    done = [f"{name} is pending but has a test: {places[name]}" for name in pending if name in places]
    untested = [f"{name} has no test" for name in ids if name not in places and name not in pending]
    return sorted(unknown + lost + done + untested)
