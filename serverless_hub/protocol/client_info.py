"""Claims and query of a client, as they travel in upstream headers.

The claims header is a comma list of `type: value` with no escaping whatsoever (azure-signalr emulator,
HttpUpstreamPropertiesFeature.cs), so what is read from it is a hint, never proof.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlencode

from serverless_hub.protocol.multimap import MultiMap

__all__ = ["parse_claims", "parse_query", "write_claims", "write_query"]

_PRIVATE_PARAMETERS = frozenset(("access_token", "id"))


def write_claims(claims: Iterable[tuple[str, str]]) -> str | None:
    """Return the header for `claims`, None when there are none; a claim with control characters is left out."""
    pairs = (f"{name}: {value}" for name, value in claims)
    return ", ".join(pair for pair in pairs if pair.isprintable()) or None


def parse_claims(header: str | None) -> MultiMap:
    """Return the claims in `header`: repeated names keep every value.

    A piece without `": "` continues the value before it, so a comma in a value is not lost; that a value with
    `, name: value` in it cannot be told from two claims is in the nature of the header.
    """
    return MultiMap(_claims(header or ""))


def write_query(query: str) -> str | None:
    """Return the client's query string for the app, with its `?`, without connection token and access token."""
    kept = [(name, value) for name, value in _pairs(query) if name not in _PRIVATE_PARAMETERS]
    return f"?{urlencode(kept)}" if kept else None


def parse_query(header: str | None) -> MultiMap:
    """Return the parameters of the client's connect request; a leading `?` is optional."""
    return MultiMap(_later_pairs(header or ""))


def _claims(header: str) -> Iterator[tuple[str, str]]:
    name: str | None = None
    value = ""
    for piece in header.split(","):
        found, separator, rest = piece.strip().partition(": ")
        if not separator:
            value += f",{piece}"
            continue
        if name is not None:
            yield name, value
        name, value = found, rest
    if name is not None:
        yield name, value


def _later_pairs(header: str) -> Iterator[tuple[str, str]]:
    yield from _pairs(header.removeprefix("?"))


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        return []


_MAX_PARAMETERS = 256
