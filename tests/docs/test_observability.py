"""Claims of `how-to/observability.md`."""

import json
import logging
import logging.config
import re
from asyncio.subprocess import PIPE
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from examples.snippets import reporting, traced
from serverless_hub.hub.tracing import TRACING_ATTRIBUTE
from serverless_hub.tracing import spans as names
from tests.docs.pages import blocks, cells, page, pages
from tests.docs.process import Running, running
from tests.support.client import connected
from tests.support.server import serving

PAGE = "how-to/observability.md"


def shown() -> list[str]:
    """Return the lines of the log in the page, as patterns for any time, connection and error id."""
    (text,) = (block.text for block in blocks(pages()[PAGE]) if block.language == "text")
    patterns = {
        r"^[\d-]+ [\d:,]+": r"[\d-]+ [\d:,]+",
        "3uX9sKz0hSTA5jHbg1Q7Yw": r"[\w-]{22}",
        "5f0c6d9be1a2": "[0-9a-f]{12}",
    }
    lines: list[str] = []
    for line in text.splitlines():
        pattern = re.escape(line)
        for example, any_other in patterns.items():
            found = re.search(example, line)
            if found is not None:
                pattern = pattern.replace(re.escape(found[0]), any_other)
        lines.append(pattern)
    return lines


@pytest.fixture
def log_setup(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import `examples/snippets/log_setup.py` without what it does to the log of this process."""
    monkeypatch.setattr(logging.config, "dictConfig", list)
    return import_module("examples.snippets.log_setup")


async def test_the_log_looks_as_the_page_shows(log_setup: ModuleType) -> None:
    async with running(log_setup) as server, connected(server.url, "door") as client:
        await client.invoke("unlock", "open sesame")
        for line in shown():
            await server.line(f"^{line}$")
        await server.line("^RuntimeError: the lock is stuck")


def test_as_json_a_line_is_an_object(log_setup: ModuleType) -> None:
    configuration = logging.config.DictConfigurator(log_setup.LOGGING)
    formatter: Any = configuration.configure_formatter(log_setup.LOGGING["formatters"]["json"])
    record = logging.makeLogRecord({"name": "shop", "msg": "sold %d", "args": (5,), "event": "buy", "levelno": 20})
    assert json.loads(formatter.format(record)).keys() == {"time", "level", "logger", "message", "event"}


async def ended(server: Running) -> list[dict[str, Any]]:
    """Return the spans that an app has printed."""
    server.process.terminate()
    printed, _ = await server.process.communicate()
    decoder, text, found = json.JSONDecoder(), printed.decode(), list[dict[str, Any]]()
    while text.strip():
        span, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        found.append(span)
    return found


async def test_a_call_is_the_trace_that_the_page_shows() -> None:
    async with running(traced, "--no-access-log", stdout=PIPE) as server:
        async with connected(server.url) as client:
            assert client.result_of(await client.invoke("say", "open sesame")) == 11
        spans = await ended(server)
    sent = next(span for span in spans if span["name"] == "chat/said")
    trace = [span for span in spans if span["context"]["trace_id"] == sent["context"]["trace_id"]]
    by_id = {span["context"]["span_id"]: span for span in trace}
    line = [sent]
    while line[-1]["parent_id"] in by_id:
        line.append(by_id[line[-1]["parent_id"]])
    found = [[f"`{span['name']}`", span["kind"].partition(".")[2].lower()] for span in reversed(line)]
    rows = [row[:2] for row in cells(PAGE, "Traces")][1:]
    assert found == rows[:-1]  # the last one is for a service elsewhere
    assert "open sesame" not in json.dumps(spans)


def test_the_attributes_of_the_page_are_those_of_the_code() -> None:
    own = {value for name, value in vars(names).items() if name.isupper() and str(value).startswith("serverless_hub.")}
    told = set(re.findall(r"`(serverless_hub\.[a-z.]+)`", page(PAGE)))
    assert own - {names.HUB, names.EVENT} <= told
    assert f"`{TRACING_ATTRIBUTE}`" in page(PAGE)


async def test_a_filter_reports_what_is_unexpected_with_its_context_and_nothing_else() -> None:
    reporting.reports.clear()
    async with serving(reporting.app) as url, connected(url, "shop") as client:
        assert (await client.invoke("buy", "air")).error == "that is free"
        assert (await client.invoke("buy")).error is not None  # does not fit
        assert reporting.reports == []
        assert "Error id: " in str((await client.invoke("buy", "milk")).error)
    ((error, about),) = reporting.reports
    assert str(error) == "the till is stuck"
    assert len(about.pop("connection")) == 22
    assert about == {"hub": "Shop", "event": "buy", "user": None}
