"""The tokens of the REST API: what stands in them, and which request one is for.

Their audience is the URL of the request. SDKs write it in three forms: without a query, with `application` and
`api-version` only, and exactly as it is sent; never with a slash at its end (azure-signalr
RestApiAccessTokenGenerator.cs, AccessTokenHttpMessageHandler.cs; Azure docs
`signalr-reference-data-plane-rest-api.md`).
"""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["is_rest_audience", "rest_claims"]

_HUBS = "hubs"
_PARAMETER = re.compile(r"(?!hub$)[A-Za-z][\w.-]*", re.ASCII)


def rest_claims(audience: str, now: float, lifetime: float) -> dict[str, Any]:
    """Return the payload of a token for the URL `audience` that lives `lifetime` seconds from `now`."""
    issued = int(now)
    return {"nbf": issued, "iat": issued, "exp": int(now + lifetime), "aud": audience}


def is_rest_audience(audience: str, path: str, query: str = "") -> bool:
    """Tell whether `audience` means the request of `path` and `query`.

    Host and port do not count, nor does what stands before `path`: a service may live below another one's. Hub and
    application are compared ignoring case, and an audience that has a query has to name the application, if there is
    one.

    Args:
        audience: a URL.
        path: of the request, from `/api` on, percent-encoded.
        query: of the request, percent-encoded.
    """
    try:
        parts = urlsplit(audience)
        meant, asked = _segments(parts.path), _segments(path)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.netloc or meant[-len(asked) + 1 :] != asked[1:]:
        return False
    return not parts.query or (_has_parameters(parts.query) and _applications(parts.query) == _applications(query))


def _segments(path: str) -> list[str]:
    """Return the names in a path, the hub's in lower case; the first is empty where the path begins with a slash."""
    segments = [unquote(segment, errors="strict") for segment in path.split("/")]
    return [name.lower() if number and segments[number - 1] == _HUBS else name for number, name in enumerate(segments)]


def _has_parameters(query: str) -> bool:
    """Tell whether a query is one of the REST API: that of a client's token is not."""
    return all(_PARAMETER.fullmatch(name) for name, _ in parse_qsl(query, keep_blank_values=True))


def _applications(query: str) -> list[str]:
    return [value.lower() for name, value in parse_qsl(query, keep_blank_values=True) if name.lower() == "application"]
