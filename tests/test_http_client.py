"""The HTTP client against real servers on loopback, polite and not."""

import asyncio
import gzip
import ssl
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from serverless_hub.http_client import HttpClient, HttpError, HttpResponse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Server:
    """Answers every request with the same bytes, and remembers what came."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.url = ""
        self.requests: list[bytes] = []
        self.stays = True
        self.asked = asyncio.Event()
        self.connections: list[asyncio.Task[None]] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next((int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), 0)
                self.requests.append(head + await reader.readexactly(size))
                self.asked.set()
                writer.write(self.answer)
                await writer.drain()
                if not self.stays:
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass  # The client is gone.
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def answering(
    answer: bytes, context: ssl.SSLContext | None = None, *, stays: bool = True
) -> AsyncGenerator[Server]:
    server = Server(answer)
    server.stays = stays
    async with await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=context) as listener:
        scheme = "http" if context is None else "https"
        server.url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield server
    for connection in server.connections:
        connection.cancel()
    await asyncio.gather(*server.connections, return_exceptions=True)


@asynccontextmanager
async def opened() -> AsyncGenerator[HttpClient]:
    client = HttpClient()
    await client.open()
    try:
        yield client
    finally:
        await client.close()


async def get(client: HttpClient, url: str, *, seconds: float = 10, max_bytes: int = 1000) -> HttpResponse:
    return await client.request("GET", url, headers={"Accept": "text/plain"}, timeout=seconds, max_bytes=max_bytes)


async def failure_of(attempt: Awaitable[object]) -> str:
    with pytest.raises(HttpError) as failure:
        await attempt
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None or failure.value.__suppress_context__
    return str(failure.value)


def test_importing_it_does_not_load_the_library() -> None:
    check = "import sys, serverless_hub.http_client; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0  # noqa: S603 - a fixed command


async def test_a_request_gets_the_whole_answer() -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nX-Reason: gone\r\nContent-Length: 4\r\n\r\nnope"
    async with answering(answer) as server, opened() as client:
        response = await client.request(
            "POST", f"{server.url}/a?b=c", headers={"X-Name": "ann"}, body=b"body", timeout=10, max_bytes=4
        )
    assert (response.status, response.headers["x-reason"], response.body) == (404, "gone", b"nope")
    [request] = server.requests
    lines = request.split(b"\r\n")
    assert lines[0] == b"POST /a?b=c HTTP/1.1"
    assert lines[-1] == b"body"
    assert {b"X-Name: ann", b"User-Agent: serverless-hub", b"Accept-Encoding: identity"} <= set(lines)


async def test_one_connection_serves_requests_after_each_other() -> None:
    async with answering(OK) as server, opened() as client:
        for _ in range(3):
            assert (await get(client, server.url)).body == b"hi"
        assert len(server.connections) == 1


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with answering(OK) as other:
        redirect = f"HTTP/1.1 302 Found\r\nLocation: {other.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with answering(redirect) as server, opened() as client:
            assert (await get(client, server.url)).status == 302
        assert other.requests == []


async def test_cookies_are_not_kept() -> None:
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with answering(cookie) as server, opened() as client:
        for _ in range(2):
            await get(client, server.url)
    assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_compressed_bodies_are_not_unpacked_so_that_the_limit_holds() -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    async with answering(head + packed) as server, opened() as client:
        assert (await get(client, server.url, max_bytes=len(packed))).body == packed


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n01234567890",
    ],
)
async def test_an_answer_larger_than_allowed_is_not_read_to_its_end(answer: bytes) -> None:
    async with answering(answer) as server, opened() as client:
        assert "more than 10 bytes" in await failure_of(get(client, server.url, max_bytes=10))


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    async with answering(b"") as server, opened() as client:
        text = await failure_of(get(client, server.url, seconds=0.05))
    assert text == f"GET {server.url}: no answer within 0.05 seconds"


async def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal") as server, opened() as client:
        assert "no answer within" in await failure_of(get(client, server.url, seconds=0.05))


@pytest.mark.parametrize("answer", [b"no http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
async def test_an_answer_that_is_no_http_is_an_error(answer: bytes) -> None:
    async with answering(answer) as server, opened() as client:
        assert server.url in await failure_of(get(client, server.url))


async def test_a_server_that_is_not_there_is_named_with_the_reason() -> None:
    async with answering(OK) as server:
        pass
    async with opened() as client:
        assert "Connect call failed" in await failure_of(get(client, server.url))


async def kind_of(attempt: Awaitable[object]) -> str:
    with pytest.raises(HttpError) as failure:
        await attempt
    return failure.value.failure


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "broken"),
        (b"no http at all\r\n\r\n", "wrong"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, "wrong"),
    ],
    ids=["nothing", "half", "garbage", "too large"],
)
async def test_a_server_that_breaks_off_may_have_had_the_request(answer: bytes, kind: str) -> None:
    async with answering(answer, stays=False) as server, opened() as client:
        assert await kind_of(get(client, server.url)) == kind
        assert server.requests


async def test_a_server_that_was_not_reached_has_not_had_the_request(no_proxy_settings: pytest.MonkeyPatch) -> None:
    async with answering(OK) as server:
        pass
    async with answering(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy:
        no_proxy_settings.setenv("https_proxy", proxy.url)
        async with opened() as client:
            for url in (server.url, "https://hub.invalid/"):
                assert await kind_of(get(client, url)) == "connect"


async def test_no_answer_in_time_is_told_from_other_failures() -> None:
    async with answering(b"") as server, opened() as client:
        assert await kind_of(get(client, server.url, seconds=0.05)) == "timeout"


async def test_a_url_is_sent_as_it_is() -> None:
    async with answering(OK) as server, opened() as client:
        await get(client, f"{server.url}/a%2Fb/%2e%2E/../c?d=%2F%20")
    assert server.requests[0].startswith(b"GET /a%2Fb/%2e%2E/../c?d=%2F%20 HTTP/1.1\r\n")


@pytest.mark.parametrize("part", ["/a b", "/a\r\nX-B: c", "/a\tb", "/\u00e9", ""])
async def test_a_url_that_is_not_escaped_is_not_sent(part: str) -> None:
    async with answering(OK) as server, opened() as client:
        assert "s3cret" not in await failure_of(get(client, part and f"{server.url}{part}s3cret"))
        assert server.requests == []


async def test_many_requests_share_the_pool() -> None:
    async with answering(OK) as server, opened() as client:
        for _ in range(3):
            await asyncio.gather(*(get(client, server.url) for _ in range(200)))
        assert len(server.connections) <= 200
    assert len(server.requests) == 600


async def test_the_proxies_of_many_servers_are_remembered_for_some(no_proxy_settings: pytest.MonkeyPatch) -> None:
    async with answering(OK) as proxy:
        no_proxy_settings.setenv("http_proxy", proxy.url)
        async with opened() as client:
            for number in range(150):
                await get(client, f"http://hub{number}.invalid/")
    assert len(proxy.requests) == 150


async def test_errors_have_neither_query_nor_user() -> None:
    async with opened() as client:
        for url in (
            "http://name:s3cret@127.0.0.1:1/path@here?access_token=s3cret#s3cret",
            "http://127.0.0.1:99999/path?access_token=s3cret",
            "http://[::1/path?access_token=s3cret",
            "//127.0.0.1/path?access_token=s3cret",
            "ftp://127.0.0.1/path?access_token=s3cret",
        ):
            text = await failure_of(get(client, url))
            assert "s3cret" not in text
            assert "/path" in text


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    async with answering(OK) as server, opened() as client:
        request = client.request("GET", server.url, headers={"X-A": "b\r\nX-C: d"}, timeout=10, max_bytes=10)
        assert "ValueError" in await failure_of(request)
        assert server.requests == []


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=9))).sign(
        key, hashes.SHA256()
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, *form) + certificate.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with answering(OK, self_signed(tmp_path)) as server, opened() as client:
        assert "Certificate" in await failure_of(get(client, server.url))
        assert server.requests == []


@pytest.fixture
def no_proxy_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def test_a_proxy_of_the_environment_is_used(no_proxy_settings: pytest.MonkeyPatch) -> None:
    async with answering(OK) as proxy:
        no_proxy_settings.setenv("http_proxy", proxy.url)
        async with opened() as client:
            assert (await get(client, "http://hub.invalid/path")).body == b"hi"
    assert proxy.requests[0].startswith(b"GET http://hub.invalid/path HTTP/1.1\r\n")


async def test_a_proxy_may_be_named_without_its_scheme_and_for_all(no_proxy_settings: pytest.MonkeyPatch) -> None:
    async with answering(OK) as proxy:
        no_proxy_settings.setenv("all_proxy", proxy.url.removeprefix("http://"))
        async with opened() as client:
            await get(client, "http://hub.invalid/path")
    assert proxy.requests[0].startswith(b"GET http://hub.invalid/path HTTP/1.1\r\n")


async def test_a_host_may_be_excluded_from_the_proxy(no_proxy_settings: pytest.MonkeyPatch) -> None:
    async with answering(OK) as proxy, answering(OK) as server:
        no_proxy_settings.setenv("http_proxy", proxy.url)
        no_proxy_settings.setenv("no_proxy", "127.0.0.1")
        async with opened() as client:
            await get(client, server.url)
    assert (len(proxy.requests), len(server.requests)) == (0, 1)


async def test_passwords_of_the_users_netrc_are_not_sent(tmp_path: Path, no_proxy_settings: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password s3cret")
    no_proxy_settings.setenv("NETRC", str(netrc))
    async with answering(OK) as server, opened() as client:
        await get(client, server.url)
    assert b"Authorization" not in server.requests[0]


async def test_opening_and_closing_again_changes_nothing() -> None:
    client = HttpClient()
    await client.close()
    async with answering(OK) as server:
        for step in (client.open, client.open):
            await step()
            assert (await get(client, server.url)).status == 200
        for step in (client.close, client.close):
            await step()
            with pytest.raises(RuntimeError, match="not open"):
                await get(client, server.url)
        await client.open()
        assert (await get(client, server.url)).status == 200
    await client.close()


async def test_a_caller_that_is_cancelled_stops_waiting() -> None:
    async with answering(b"") as server, opened() as client:
        task = asyncio.create_task(get(client, server.url))
        async with asyncio.timeout(10):
            await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
