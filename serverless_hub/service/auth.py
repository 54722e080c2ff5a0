"""Who may connect: the bearer of a client token for this hub, signed with one of the service's keys."""

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

from serverless_hub.errors import TokenError
from serverless_hub.protocol.client_token import ClientIdentity, is_client_audience, read_identity
from serverless_hub.protocol.tokens import verify_token

__all__ = ["authenticate", "bearer_token"]

_SCHEME = "bearer "


def bearer_token(headers: Iterable[tuple[bytes, bytes]], query: bytes, *, in_query: bool) -> str:
    """Return the token of a request: from its header, or where browsers cannot set one, the last in its query.

    Raises:
        TokenError: there is none.
    """
    for name, value in headers:
        if name == b"authorization" and value[: len(_SCHEME)].lower() == _SCHEME.encode():
            return value[len(_SCHEME) :].decode("latin-1").strip()
    tokens = [value for name, value in parse_qsl(query.decode("latin-1")) if name == "access_token"]
    if in_query and tokens:
        return tokens[-1]
    raise TokenError("the request has no access token")


def authenticate(token: str, hub: str, keys: Sequence[str], now: float) -> ClientIdentity:
    """Return who holds `token`.

    Raises:
        TokenError: it does not let its holder connect to `hub`.
    """
    payload = verify_token(token, keys, now=now, is_audience=lambda audience: is_client_audience(audience, hub))
    identity = read_identity(payload)
    if identity.user_id is not None and not identity.user_id.isprintable():
        raise TokenError("the user id in the token has control characters")
    return identity
