"""The path of a REST request, as it was sent: ids may have slashes in them, as `%2F`."""

import re
from urllib.parse import quote, unquote

from serverless_hub.service.asgi import Scope, header_of
from serverless_hub.service.rest_answers import bad_request

__all__ = ["api_path", "base_url", "below"]

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?", re.ASCII)
_KEPT = "/:!$&'()*+,;=@~"


def api_path(scope: Scope) -> str:
    """Return the percent-encoded path behind the service's own, which is the `root_path` of `scope`."""
    raw = _raw_path(scope)
    root: str = scope.get("root_path", "").rstrip("/")
    levels = root.count("/")
    segments = raw.split("/")
    if unquote("/".join(segments[: levels + 1])) != root:  # Some servers leave the root out of the path.
        return raw
    return "/" + "/".join(segments[levels + 1 :])


def below(scope: Scope, path: str) -> Scope:
    """Return the scope of a request as a service sees it that is at `path` of some router of an app."""
    root: str = scope.get("root_path", "").rstrip("/")
    whole: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    if not whole.startswith(f"{root}/"):  # The server or a proxy has left the root out.
        whole, raw = root + whole, quote(root, safe=_KEPT).encode() + raw
    found, _, _ = whole.partition(f"{path}/api/")
    return {**scope, "path": whole, "raw_path": raw, "root_path": found + path}


def base_url(scope: Scope) -> str:
    """Return where the service is, as the caller sees it: scheme, host and root path.

    Raises:
        RestRefusal: 400, the host is none: what is in it would become a part of URLs and tokens.
    """
    host = header_of(scope, b"host")
    if host and not _HOST.fullmatch(host):
        raise bad_request("the header Host has to be a host name or an address, with a port where it has one")
    if not host:
        server = scope.get("server") or ("localhost", None)
        host = f"{server[0]}:{server[1]}" if server[1] else server[0]
    return f"{scope.get('scheme', 'http')}://{host}{quote(scope.get('root_path', '').rstrip('/'), safe=_KEPT)}"


def _raw_path(scope: Scope) -> str:
    """Return the path with its escapes; where the server does not tell, slashes in ids are lost."""
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    text = raw.partition(b"?")[0].decode("latin-1")
    return text if unquote(text) == path else quote(path, safe=_KEPT)
