"""HTTP requests to others. The only module that knows the HTTP client library.

It is aiohttp: of those measured (`benchmarks/http_clients.py`) one is faster, but says of a connection that broke after
the request was sent what it says of one that never came to be, so that nobody could tell whether a message may be sent
again.
"""

import errno
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpClient", "HttpError", "HttpResponse", "HttpTooLargeError"]

_OWN_HEADERS = {"User-Agent": "serverless-hub", "Accept-Encoding": "identity"}
_URL = re.compile(r"[!-~]+")
"""What may stand in a request line."""
_MAX_CONNECTIONS = 512
"""By default; those that wait for a client's answer hold theirs for long."""
_KEEP_SECONDS = 4.0
"""Idle connections are closed before servers do it (uvicorn after 5 s): what is sent into that end is lost."""
_MAX_ORIGINS = 100
"""How many servers' proxies are remembered."""


class HttpError(Exception):
    """There is no usable answer; the text is for our log and has no query, since queries may hold secrets.

    Args:
        text: what went wrong.
        failure: how. Only after `connect` it is certain that the server has not had the request: no connection came
            to be. `timeout`: no answer in time; `broken`: the connection ended before the whole answer was there;
            `wrong`: the request or the answer is not as it has to be, so that trying again is no use.
    """

    def __init__(self, text: str, failure: Literal["connect", "timeout", "broken", "wrong"] = "wrong") -> None:
        super().__init__(text)
        self.failure = failure
        self.reason: str = text.rpartition(": ")[2]
        """The text without method and URL, whose path may hold names."""


class HttpTooLargeError(HttpError):
    """The answer has more bytes than were asked for."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names ignore case; of a header that came more than once, the first."""
    body: bytes


class HttpClient:
    """Sends requests from one event loop, over kept connections, through the proxies that the environment names.

    Certificates are verified, redirects are not followed, cookies are not kept, and `~/.netrc` is not read.

    Args:
        max_connections: requests beyond it wait for one that ends.
        refuses: says of an IP address that nothing may be sent there, whatever name it was found by. Behind a proxy, it
            is asked for the address of the proxy.
    """

    def __init__(
        self, *, max_connections: int = _MAX_CONNECTIONS, refuses: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._max_connections = max_connections
        self._refuses = refuses
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str] = {}
        self._proxy_of: dict[str, str | None] = {}

    async def open(self) -> None:
        """Get ready to send; does nothing when it is open."""
        import aiohttp  # noqa: PLC0415 - costs 0.2 s, which importing this package must not

        if self._session is None:
            self._proxies = getproxies()
            self._proxy_of.clear()
            self._session = aiohttp.ClientSession(
                headers=_OWN_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                connector=aiohttp.TCPConnector(
                    limit=self._max_connections, keepalive_timeout=_KEEP_SECONDS, socket_factory=self._socket
                ),
            )

    async def close(self) -> None:
        """Close the connections; does nothing when it is not open."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,  # noqa: ASYNC109 - the library's own limit also ends what it does in the background
        max_bytes: int,
    ) -> HttpResponse:
        """Send one request and return the whole answer.

        Args:
            method: such as `GET`.
            url: absolute, http or https; it is sent as it is, so whoever made it has escaped it.
            headers: besides the client's own.
            body: what to send, if anything.
            timeout: seconds from here to the end of the answer.
            max_bytes: the largest body of an answer that is read.

        Raises:
            HttpTooLargeError: the answer is too large.
            RuntimeError: the client is not open.
            HttpError: the request is malformed, nobody answers in time, the certificate is
                not valid, or the answer is malformed.
        """
        if self._session is None:
            raise RuntimeError(
                "the HTTP client is not open: send inside of `async with HubContext...`, or while the app runs"
            )
        import aiohttp  # noqa: PLC0415 - `open` has loaded it
        from yarl import URL  # noqa: PLC0415 - so is what aiohttp takes URLs as

        if not _URL.fullmatch(url):
            raise HttpError("a URL is not escaped")
        try:
            proxy = self._proxy(url)
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                proxy=proxy,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                content = await _read(response.content, max_bytes)
                if content is None:
                    raise HttpTooLargeError(f"{method} {_shown(url)}: the answer has more than {max_bytes} bytes")
                return HttpResponse(response.status, response.headers, content)
        except TimeoutError:
            raise HttpError(f"{method} {_shown(url)}: no answer within {timeout:g} seconds", "timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not chained: the library's texts have whole URLs.
            raise HttpError(f"{method} {_shown(url)}: {_reason(error)}", _failure(error)) from None

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Return a socket for a resolved address, as the library asks for one before it connects."""
        family, kind, protocol, _, address = info
        if self._refuses(str(address[0])):
            raise OSError(errno.EACCES, "nothing is sent to link-local and metadata addresses")
        return socket.socket(family, kind, protocol)

    def _proxy(self, url: str) -> str | None:
        """Return the proxy on the way to `url`; asking the environment costs more than the request."""
        scheme, _, rest = url.partition("://")
        origin = f"{scheme}://{rest.partition('/')[0]}"
        if origin not in self._proxy_of:
            if scheme not in {"http", "https"}:
                raise HttpError(f"{_shown(url)} is no http(s) URL")
            if len(self._proxy_of) >= _MAX_ORIGINS:
                self._proxy_of.clear()
            bypassed = proxy_bypass(urlsplit(url).hostname or "")
            proxy = None if bypassed else self._proxies.get(scheme, self._proxies.get("all"))
            self._proxy_of[origin] = proxy if proxy is None or "://" in proxy else f"http://{proxy}"
        return self._proxy_of[origin]


async def _read(stream: "aiohttp.StreamReader", max_bytes: int) -> bytes | None:
    """Return all that comes; None when it is more than `max_bytes`."""
    content = bytearray()
    async for chunk in stream.iter_any():
        content += chunk
        if len(content) > max_bytes:
            return None
    return bytes(content)


def _failure(error: Exception) -> Literal["connect", "broken", "wrong"]:
    import aiohttp  # noqa: PLC0415 - `open` has loaded it

    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
        return "connect"
    broken = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError)
    return "broken" if isinstance(error, broken) else "wrong"


def _reason(error: Exception) -> str:
    details = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {details}" if details else type(error).__name__


def _shown(url: str) -> str:
    """Return `url` without user, query and fragment."""
    address = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
