"""The check in both directions: every requirement has a test, and every mark names a requirement."""

from collections.abc import Collection

from tests.conformance.marks import Mark

__all__ = ["gaps"]


def gaps(ids: Collection[str], marks: Collection[Mark]) -> list[str]:
    """Return what does not fit together, one line each."""
    marked = {mark.id for mark in marks}
    unknown = [f"{mark.place}: there is no requirement {mark.id!r}" for mark in marks if mark.id not in ids]
    untested = [f"{name} has no test" for name in ids if name not in marked]
    return sorted(unknown + untested)
