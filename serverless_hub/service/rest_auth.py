"""Who may use the REST API: the bearer of a token for this very request, signed with one of the service's keys."""

from collections.abc import Sequence

from serverless_hub.protocol.rest_token import is_rest_audience
from serverless_hub.protocol.tokens import verify_token
from serverless_hub.service.asgi import Scope
from serverless_hub.service.auth import bearer_token

__all__ = ["authorize"]


def authorize(scope: Scope, path: str, keys: Sequence[str], now: float) -> None:
    """Check the token in the header of a request; in its query there must be none.

    Args:
        scope: the request.
        path: its path from `/api` on, percent-encoded.
        keys: any of them may have signed the token.
        now: seconds since the epoch.

    Raises:
        TokenError: there is none, or it is not for this request.
    """
    query = scope["query_string"].decode("latin-1")
    token = bearer_token(scope["headers"], b"", in_query=False)
    verify_token(token, keys, now=now, is_audience=lambda audience: is_rest_audience(audience, path, query))
