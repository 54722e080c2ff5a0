"""A read-only map in which a key may have several values: headers, query strings, claims."""

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MultiMap"]


class MultiMap(Mapping[str, str]):
    """Looks like a mapping to the first value of each key; `all` gives the others too."""

    __slots__ = ("_fold", "_values")

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), *, ignore_case: bool = False) -> None:
        self._fold = ignore_case
        collected: dict[str, list[str]] = {}
        for key, value in pairs:
            collected.setdefault(self._key(key), []).append(value)
        self._values = {key: tuple(values) for key, values in collected.items()}

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of `key` in the order in which they came; empty when there is none."""
        return self._values.get(self._key(key), ())

    def __getitem__(self, key: str) -> str:
        return self._values[self._key(key)][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<MultiMap of {', '.join(self._values) or 'nothing'}>"

    def _key(self, key: str) -> str:
        return key.lower() if self._fold else key
