"""Spans of requests, and what they carry."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from opentelemetry.trace import SpanKind, StatusCode

from serverless_hub.http_client import HttpClient, HttpError
from tests.support.server import serving
from tests.support.services import closed
from tests.tracing.spans import Spans

_app = FastAPI()


@_app.api_route("/users/{name}", methods=["GET", "HEAD"])
async def answer(name: str, request: Request) -> Response:
    return Response(request.headers.get("traceparent", "none"), status_code=404 if name == "nobody" else 200)


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with serving(_app) as url:
        yield url


@pytest.fixture
async def client(spans: Spans) -> AsyncGenerator[HttpClient]:
    client = spans.tracing.http_client(max_connections=1)
    await client.open()
    yield client
    await client.close()


async def ask(client: HttpClient, url: str, method: str = "GET") -> Any:
    return await client.request(method, url, headers={"Accept": "*/*"}, timeout=5, max_bytes=1000)


async def test_a_request_carries_its_span_to_the_server(spans: Spans, client: HttpClient, url: str) -> None:
    response = await ask(client, f"{url}/users/ann")
    span = spans.named("GET")
    assert span.context is not None
    carried = f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-"
    assert response.body.decode().startswith(carried)
    assert span.kind is SpanKind.CLIENT
    assert spans.attributes("GET") == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": int(url.rpartition(":")[2]),
        "http.response.status_code": 200,
    }
    assert "ann" not in spans.text()


async def test_an_answer_that_is_an_error_is_one_of_the_span(spans: Spans, client: HttpClient, url: str) -> None:
    assert (await ask(client, f"{url}/users/nobody")).status == 404
    assert spans.attributes("GET")["error.type"] == "404"
    assert spans.named("GET").status.status_code is StatusCode.ERROR


async def test_no_answer_is_an_error(spans: Spans, client: HttpClient) -> None:
    with closed() as url, pytest.raises(HttpError):
        await ask(client, f"{url}/users/ann")
    assert spans.attributes("GET")["error.type"] == "serverless_hub.http_client.HttpError"
    assert "ann" not in spans.text()


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://[", {}),
        ("http://host.invalid:port/", {}),
        ("ftp://host.invalid/", {}),
        ("https:///path", {}),
        ("https://host.invalid/", {"url.scheme": "https", "server.address": "host.invalid", "server.port": 443}),
    ],
)
async def test_a_url_that_leads_nowhere_has_a_span_with_what_is_known(
    spans: Spans, client: HttpClient, url: str, known: dict[str, Any]
) -> None:
    with pytest.raises(HttpError):
        await ask(client, url)
    assert spans.attributes("GET").items() - {("error.type", "serverless_hub.http_client.HttpError")} == {
        ("http.request.method", "GET"),
        *known.items(),
    }


async def test_a_look_at_health_has_a_span_only_inside_of_another(spans: Spans, client: HttpClient, url: str) -> None:
    await ask(client, f"{url}/users/ann", "HEAD")
    assert spans.all() == []
    with spans.provider.get_tracer("tests").start_as_current_span("all"):
        await ask(client, f"{url}/users/ann", "HEAD")
    assert spans.line(spans.named("HEAD")) == ["HEAD", "all"]
