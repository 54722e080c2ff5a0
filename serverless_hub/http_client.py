"""HTTP requests to others. The only module that knows the HTTP client library."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpClient", "HttpError", "HttpResponse", "HttpTooLargeError"]

_OWN_HEADERS = {"User-Agent": "serverless-hub", "Accept-Encoding": "identity"}


class HttpError(Exception):
    """There is no usable answer; the text is for our log and has no query, since queries may hold secrets."""


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
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str] = {}

    async def open(self) -> None:
        """Get ready to send; does nothing when it is open."""
        import aiohttp  # noqa: PLC0415 - costs 0.2 s, which importing this package must not

        if self._session is None:
            self._proxies = getproxies()
            self._session = aiohttp.ClientSession(
                headers=_OWN_HEADERS, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
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
            url: absolute, http or https.
            headers: besides the client's own.
            body: what to send, if anything.
            timeout: seconds from here to the end of the answer.
            max_bytes: the largest body of an answer that is read.

        Raises:
            HttpTooLargeError: the answer is too large.
            HttpError: the client is not open, the request is malformed, nobody answers in time, the certificate is
                not valid, or the answer is malformed.
        """
        if self._session is None:
            raise HttpError("the HTTP client is not open")
        import aiohttp  # noqa: PLC0415 - `open` has loaded it

        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                proxy=self._proxy(url),
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                content = await _read(response.content, max_bytes)
                if content is None:
                    raise HttpTooLargeError(f"{method} {_shown(url)}: the answer has more than {max_bytes} bytes")
                return HttpResponse(response.status, response.headers, content)
        except TimeoutError:
            raise HttpError(f"{method} {_shown(url)}: no answer within {timeout:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not chained: the library's texts have whole URLs.
            raise HttpError(f"{method} {_shown(url)}: {_reason(error)}") from None

    def _proxy(self, url: str) -> str | None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"}:
            raise HttpError(f"{_shown(url)} is no http(s) URL")
        return None if proxy_bypass(parts.hostname or "") else self._proxies.get(parts.scheme)


async def _read(stream: "aiohttp.StreamReader", max_bytes: int) -> bytes | None:
    """Return all that comes; None when it is more than `max_bytes`."""
    content = bytearray()
    async for chunk in stream.iter_any():
        content += chunk
        if len(content) > max_bytes:
            return None
    return bytes(content)


def _reason(error: Exception) -> str:
    details = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {details}" if details else type(error).__name__


def _shown(url: str) -> str:
    """Return `url` without user, query and fragment."""
    address = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
