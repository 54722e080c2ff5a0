"""A read-only map in which a key may have several values: headers, query strings, claims."""

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MultiMap"]


class MultiMap(Mapping[str, str]):
    """Looks like a mapping to the first value of each key; `all` gives the others too.

    `pairs` are looked at when somebody looks at the map: few hub methods look at headers or claims.
    """

    __slots__ = ("_collected", "_fold", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), *, ignore_case: bool = False) -> None:
        self._pairs = pairs
        self._fold = ignore_case
        self._collected: dict[str, list[str]] | None = None

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of `key` in the order in which they came; empty when there is none."""
        return tuple(self._values.get(self._key(key), ()))

    def __getitem__(self, key: str) -> str:
        return self._values[self._key(key)][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<MultiMap of {', '.join(self._values) or 'nothing'}>"

    @property
    def _values(self) -> dict[str, list[str]]:
        if self._collected is None:
            collected: dict[str, list[str]] = {}
            for key, value in self._pairs:
                collected.setdefault(self._key(key), []).append(value)
            self._collected = collected
        return self._collected

    def _key(self, key: str) -> str:
        return key.lower() if self._fold else key
