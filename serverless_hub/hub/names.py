"""Lists of names, as users write them."""

from collections.abc import Iterable

__all__ = ["several"]


def several(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names.

    Raises:
        TypeError: it is a single text, whose letters would be names.
    """
    if isinstance(names, str):
        raise TypeError(f"several names are a list: write [{names!r}]")
    return tuple(names)
