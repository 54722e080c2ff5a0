"""What stands in a client's access token: audience, user and claims.

Names and prefixes as Azure's SDK writes them (azure-signalr ClaimsUtility.cs, Constants.cs): `asrs.s.` is the service's
own, and claims whose names mean something in a JWT travel as `asrs.u.<name>`.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from serverless_hub.protocol.values import to_json

__all__ = [
    "ClientIdentity",
    "ClientOptions",
    "TransportName",
    "client_claims",
    "client_url",
    "is_client_audience",
    "read_identity",
]

_USER_ID = "asrs.s.uid"
_SYSTEM = "asrs.s."
_RENAMED = "asrs.u."
_USER_CLAIMS = frozenset(("nameid", "sub"))
_RESERVED = frozenset(("aud", "exp", "iat", "nbf", "iss", "actort", "acr", "azp", "c_hash", "jti", "nonce"))


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """Who a client is, as its token says."""

    user_id: str | None = None
    claims: tuple[tuple[str, str], ...] = ()
    """Names and values; a name may stand more than once."""
    closes_at: float | None = None
    """When its connection has to end, in seconds since the epoch (azure-signalr `CloseOnAuthenticationExpire.md`)."""
    handshake_timeout: float | None = None
    """How long its handshake may take, in seconds; None for the service's own time."""
    detailed_errors: bool = False
    """Whether it is told details of what went wrong."""
    transports: frozenset["TransportName"] | None = None
    """How it may connect; None for any."""


def client_url(endpoint: str, hub: str) -> str:
    """Return the URL that clients of `hub` connect to, which is also the audience of their tokens."""
    return f"{endpoint.rstrip('/')}/client/?hub={hub.lower()}"


def is_client_audience(audience: str, hub: str) -> bool:
    """Tell whether `audience` is the client URL of `hub`: by path and hub; host and port do not count."""
    try:
        parts = urlsplit(audience)
        hubs = parse_qs(parts.query).get("hub", [])
    except ValueError:
        return False
    return parts.path.rstrip("/").endswith("/client") and [name.lower() for name in hubs] == [hub.lower()]


TransportName = Literal["WebSockets", "ServerSentEvents", "LongPolling"]
_TRANSPORT_BITS: dict[TransportName, int] = {"WebSockets": 1, "ServerSentEvents": 2, "LongPolling": 4}
_MAX_HANDSHAKE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What the service is asked to do for a client (azure-signalr NegotiationOptions.cs, Constants.cs)."""

    detailed_errors: bool = False
    diagnostic_client: bool = False
    closes_at: float | None = None
    """When its connection is closed, in seconds since the epoch."""
    transports: Collection[TransportName] | None = None
    handshake_timeout: int | None = None
    """How long the handshake may take, in seconds: 1 to 30."""

    def claims(self) -> dict[str, str]:
        """Return the service's own claims."""
        closes_at = None if self.closes_at is None else str(int(self.closes_at))
        bits = None if self.transports is None else str(sum(_TRANSPORT_BITS[name] for name in set(self.transports)))
        chosen = {
            "asrs.s.derror": "True" if self.detailed_errors else None,
            "asrs.s.dc": "true" if self.diagnostic_client else None,
            "asrs.s.coae": None if closes_at is None else "true",
            "asrs.s.aeo": closes_at,
            "asrs.s.htt": bits,
            "asrs.s.cht": None if self.handshake_timeout is None else str(self.handshake_timeout),
        }
        return {name: value for name, value in chosen.items() if value is not None}


_NO_OPTIONS = ClientOptions()


def client_claims(
    user_id: str | None,
    claims: Mapping[str, Any],
    *,
    audience: str,
    now: float,
    lifetime: float,
    options: ClientOptions = _NO_OPTIONS,
) -> dict[str, Any]:
    """Return the payload of a client's token that lives `lifetime` seconds from `now`."""
    # Without a user id of its own, a token's user would be what these say.
    renamed = _RESERVED | _USER_CLAIMS if user_id is None else _RESERVED
    payload: dict[str, Any] = {(_RENAMED + name if name in renamed else name): value for name, value in claims.items()}
    if user_id is not None:
        payload[_USER_ID] = user_id
    issued = int(now)
    return payload | options.claims() | {"nbf": issued, "iat": issued, "exp": int(now + lifetime), "aud": audience}


def read_identity(payload: Mapping[str, Any]) -> ClientIdentity:
    """Return user and claims of a verified token payload, with their own names again."""
    user_id = next((payload[name] for name in (_USER_ID, "nameid", "sub") if payload.get(name)), None)
    return ClientIdentity(
        None if user_id is None else str(user_id),
        tuple(_claims(payload)),
        _closes_at(payload),
        _handshake_timeout(payload),
        str(payload.get("asrs.s.derror", "")).lower() == "true",
        _transports(payload),
    )


def _handshake_timeout(payload: Mapping[str, Any]) -> float | None:
    """Return what Azure takes, at most; without a time above zero the service's own holds."""
    seconds = _number(payload.get("asrs.s.cht"))
    return None if seconds is None or not seconds > 0 else min(seconds, _MAX_HANDSHAKE_SECONDS)


def _transports(payload: Mapping[str, Any]) -> frozenset[TransportName] | None:
    """Return what the bits name; bits that nobody can read allow nothing."""
    if "asrs.s.htt" not in payload:
        return None
    number = _number(payload["asrs.s.htt"])
    bits = int(number) if number is not None and math.isfinite(number) else 0
    return frozenset(name for name, bit in _TRANSPORT_BITS.items() if bits & bit)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _closes_at(payload: Mapping[str, Any]) -> float | None:
    if str(payload.get("asrs.s.coae", "")).lower() != "true":
        return None
    closes_at = _number(payload.get("asrs.s.aeo", payload.get("exp", 0)))
    # A deadline that nobody can read has passed.
    return closes_at if closes_at is not None and math.isfinite(closes_at) else 0.0


def _claims(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in payload.items():
        if name.startswith(_SYSTEM) or name in _RESERVED:
            continue
        for single in _as_list(value):
            yield name.removeprefix(_RENAMED), single if isinstance(single, str) else to_json(single).decode()


def _as_list(value: list[Any] | str | float | None) -> list[Any]:
    return value if isinstance(value, list) else [value]
