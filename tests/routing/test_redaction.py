"""Secrets in queries: whatever uvicorn logs, they are not in it."""

import logging
import logging.config
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import AccessFormatter, DefaultFormatter
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from serverless_hub.routing.redaction import QueryRedaction, install_redaction
from tests.support.server import serving

SECRET = "eyJhbGciOiJIUzI1NiJ9.s3cr3t.c2ln"
NAMES = ["access_token", "code", "id", "sig"]
LOGGERS = ["uvicorn.access", "uvicorn.error", "uvicorn.asgi"]
TRACE = 5


class Lines(logging.Handler):
    """Keeps what two handlers with different formatters would have written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__(TRACE)
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def loggers() -> Iterator[None]:
    """Hand out loggers without filters, and give them back as they were."""
    kept = {
        name: (logger.handlers[:], logger.filters[:], logger.level, logger.propagate)
        for name in ["uvicorn", *LOGGERS]
        for logger in [logging.getLogger(name)]
    }
    for name in kept:
        logging.getLogger(name).filters.clear()
    yield
    for name, state in kept.items():
        logger = logging.getLogger(name)
        logger.handlers[:], logger.filters[:], level, logger.propagate = state
        logger.setLevel(level)


@pytest.fixture
def lines(loggers: None) -> list[str]:
    """What uvicorn logs at every level, by its own formatters."""
    del loggers
    install_redaction()
    access = Lines(AccessFormatter('%(client_addr)s - "%(request_line)s" %(status_code)s', use_colors=False))
    other = Lines(DefaultFormatter("%(levelprefix)s %(message)s", use_colors=False))
    plain = Lines(logging.Formatter("%(message)s"))
    other.lines = plain.lines = access.lines
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(plain)
        logger.addHandler(access if name == "uvicorn.access" else other)
    return access.lines


async def app(scope: Any, receive: Any, send: Any) -> None:
    while True:
        match (await receive())["type"]:
            case "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            case "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return
            case "websocket.connect":
                if scope["path"] == "/refused":
                    await send({"type": "websocket.close", "code": 1008})
                    return
                await send({"type": "websocket.accept"})
            case "http.request":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"hi"})
                return
            case _:
                return


@pytest.mark.requirement("logs.redaction")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_the_line_of_a_real_http_request_hides_its_secrets(lines: list[str], name: str, http: str) -> None:
    async with (
        serving(app, log_level="trace", http=http) as url,
        aiohttp.request("GET", f"{url}/chat?hub=chat&{name}={SECRET}&v=1") as response,
    ):
        assert response.status == 200
    assert not any(SECRET in line for line in lines)
    shown = f"/chat?hub=chat&{name}=[hidden]&v=1"
    assert sum(f'"GET {shown} HTTP/1.1" 200' in line for line in lines) == 2
    assert any(f"'query_string': b'hub=chat&{name}=[hidden]&v=1'" in line for line in lines)


@pytest.mark.requirement("logs.redaction")
@pytest.mark.parametrize(("path", "outcome"), [("/chat", "[accepted]"), ("/refused", "403")])
@pytest.mark.parametrize("ws", ["auto", "websockets-sansio"])
async def test_the_line_of_a_real_websocket_hides_its_secrets(
    lines: list[str], path: str, outcome: str, ws: str
) -> None:
    query = "&".join(f"{name}={SECRET}" for name in NAMES)
    async with serving(app, log_level="trace", ws=ws) as url:
        with suppress(InvalidStatus):
            async with connect(f"{url.replace('http', 'ws', 1)}{path}?{query}"):
                pass
    assert not any(SECRET in line for line in lines)
    shown = "&".join(f"{name}=[hidden]" for name in NAMES)
    assert any(f'"WebSocket {path}?{shown}" {outcome}' in line for line in lines)


def logged(message: Any, *arguments: Any) -> str:
    """Return what a handler writes of a record that went through the filter."""
    record = logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, message, arguments, None)
    assert QueryRedaction().filter(record)
    return logging.Formatter("%(message)s").format(record)


class Url:
    """Something that shows a URL only when it becomes text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Url {self._text}>"


# How a query can get into a record, as (message, arguments) of it.
WAYS: dict[str, Callable[[str], tuple[Any, tuple[Any, ...]]]] = {
    "message": lambda query: (f'"GET /chat?{query} HTTP/1.1" 200', ()),
    "message beside arguments": lambda query: (f"%d: /chat?{query.replace('%', '%%')}", (5,)),
    "argument": lambda query: ('%s - "WebSocket %s" [accepted]', ("127.0.0.1:5", f"/chat?{query}")),
    "bare query": lambda query: ("query %s", (query,)),
    "bytes": lambda query: ("scope %s", ({"query_string": query.encode(), "path": "/chat"},)),
    "bare bytes": lambda query: ("%r of %s", (query.encode(), 5)),
    "named": lambda query: ("%(path)s by %(client)s", ({"path": f"/chat?{query}", "client": None},)),
    "nested": lambda query: ("%s %s", (5, [{"urls": (f"/chat?{query}", 5)}])),
    "deep": lambda query: ("%s %s", (5, [[[[[[[[[[[f"/chat?{query}"]]]]]]]]]]])),
    "object": lambda query: ("%s", (Url(f"https://host/chat?{query}"),)),
    "object in a list": lambda query: ("%s", ([Url(f"https://host/chat?{query}")],)),
    "object as the message": lambda query: (Url(f"https://host/chat?{query}"), ()),
    "value apart from its name": lambda query: (f"/chat?{query.partition('=')[0]}=%s", (query.partition("=")[2],)),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
secrets = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map("s3cr3t-".__add__)


@ways
@given(name=st.sampled_from(NAMES), secret=secrets)
def test_whatever_the_secret_is_it_is_hidden(way: Any, name: str, secret: str) -> None:
    message, arguments = way(urlencode({name: secret, "hub": "chat"}))
    line = logged(message, *arguments)
    assert "s3cr3t" not in line
    assert f"{name}=[hidden]" in line


@given(name=st.sampled_from(NAMES), secret=secrets, times=st.integers(1, 3), safe=st.sampled_from(["", "_=&?"]))
def test_percent_encoding_hides_nothing_from_the_filter(name: str, secret: str, times: int, safe: str) -> None:
    target = f"?hub=chat&{name}={quote(secret, safe='')}"
    for _ in range(times):
        target = quote(target, safe=safe)
    line = logged('"GET /chat%s HTTP/1.1"', target)
    assert "s3cr3t" not in line
    assert line.endswith('[hidden] HTTP/1.1"')


@pytest.mark.parametrize(
    "query",
    ["access%5Ftoken=s3cr3t", "%61ccess_token=s3cr3t", "ACCESS_TOKEN=s3cr3t", "a=b&%49D=s3cr3t", "si%2567=s3cr3t"],
)
def test_a_name_may_be_written_in_other_ways(query: str) -> None:
    assert "s3cr3t" not in logged('"GET /chat?%s HTTP/1.1"', query)


def test_a_value_that_looks_hidden_is_hidden_as_well() -> None:
    assert (
        logged("/chat?id=%s of %s", "[hidden]s3cr3t", "/chat?id=[hidden]s3cr3t")
        == "/chat?id=[hidden] of /chat?id=[hidden]"
    )
    assert logged('"%s"', "/chat?id=[hidden]") == '"/chat?id=[hidden]"'


@pytest.mark.parametrize(
    ("message", "arguments", "line"),
    [
        ("connection closed code=1000 id=5", (), "connection closed code=1000 id=5"),
        (
            "GET /chat?valid=1&grid=2&zipcode=3&signal=4&codes=5",
            (),
            "GET /chat?valid=1&grid=2&zipcode=3&signal=4&codes=5",
        ),
        ("%s of %d took %.2f s", ("id", 5, 0.5), "id of 5 took 0.50 s"),
        ("/chat?access_token=&hub=chat", (), "/chat?access_token=&hub=chat"),
        ("100%", (), "100%"),
    ],
)
def test_everything_else_stays_as_it_is(message: str, arguments: tuple[Any, ...], line: str) -> None:
    assert logged(message, *arguments) == line


def test_what_was_passed_to_the_logger_is_not_changed() -> None:
    scope = {"query_string": b"id=s3cr3t", "hosts": ["id=s3cr3t"]}
    assert "s3cr3t" not in logged("%s %s", 5, scope)
    assert scope == {"query_string": b"id=s3cr3t", "hosts": ["id=s3cr3t"]}


def test_arguments_keep_their_number_and_their_types() -> None:
    arguments = ("127.0.0.1:5", "GET", f"/chat?id={SECRET}", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, __file__, 1, '%s - "%s %s HTTP/%s" %d', arguments, None)
    assert QueryRedaction().filter(record)
    assert record.args == ("127.0.0.1:5", "GET", "/chat?id=[hidden]", "1.1", 200)


def test_a_record_that_cannot_be_formatted_is_hidden_as_well_and_left_to_its_handlers() -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, "/?id=s3cr3t %d", ("id=s3cr3t",), None)
    assert QueryRedaction().filter(record)
    assert (record.msg, record.args) == ("/?id=[hidden] %d", ("id=[hidden]",))


@pytest.mark.usefixtures("loggers")
def test_installing_it_again_changes_nothing() -> None:
    before = [len(logging.getLogger(name).filters) for name in LOGGERS]
    install_redaction()
    install_redaction()
    assert [len(logging.getLogger(name).filters) for name in LOGGERS] == [count + 1 for count in before]


@pytest.mark.usefixtures("loggers")
def test_it_stays_when_uvicorn_sets_up_its_logging_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    install_redaction()
    logging.config.dictConfig(LOGGING_CONFIG)
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1:5", "GET", f"/chat?access_token={SECRET}", "1.1", 200
    )
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "127.0.0.1:5", f"/chat?id={SECRET}")
    written = capsys.readouterr()
    assert "GET /chat?access_token=[hidden] HTTP/1.1" in written.out
    assert '"WebSocket /chat?id=[hidden]" [accepted]' in written.err
