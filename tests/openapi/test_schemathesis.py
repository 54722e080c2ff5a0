"""Schemathesis reads the document and makes up events, those that fit it and those that do not: nothing ends in a 5xx.

It sends them over loopback, the same ones in every run.
"""

import json
import logging
from collections.abc import Callable, Generator
from copy import deepcopy
from typing import Any, TypeVar

import pytest
import requests
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import reject, settings
from openapi_schema_validator import OAS31Validator
from openapi_schema_validator import validate as validate_body
from schemathesis import checks

from serverless_hub import ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.upstream import invocation_body
from tests.openapi.app import Board, app_with, odd_hub
from tests.openapi.document import operations
from tests.support.server import serving
from tests.support.upstream import KEY

_F = TypeVar("_F", bound=Callable[..., None])

HUBS: list[type[ServerlessHub]] = [Board, odd_hub(["a/b", "{x} ä"])]
DOCUMENT = app_with(*HUBS).openapi()
ONE_OF_EACH_KIND_IS_ENOUGH = "^/(odd|news)/(negotiate|api/connections)|/(translate|nameless|raw|%7B[^/]*)$"
"""What going through every keyword of every schema would only repeat."""
REFUSED_WITHOUT_SIGNATURE = {400, 401, 405, 415}
CHECKS: list[Any] = [
    getattr(checks, name) for name in ("not_a_server_error", "status_code_conformance", "content_type_conformance")
]


def schema_of(document: dict[str, Any], mode: str, *, coverage: bool) -> Any:
    """Return what schemathesis makes of a document.

    Args:
        document: an OpenAPI document.
        mode: what to make up: data that fits is `positive`, `all` is that and data that does not.
        coverage: whether to go through every keyword of every schema besides making things up.
    """
    config: Any = schemathesis.Config
    options = {
        "generation": {"mode": mode, "with-security-parameters": False},
        "phases": {"coverage": {"enabled": coverage}},
    }
    return schemathesis.openapi.from_dict(document, config=config.from_dict(options))


def in_json(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose bodies are only JSON."""
    copy = deepcopy(document)
    for operation in operations(copy).values():
        operation.get("requestBody", {}).get("content", {}).pop(MESSAGEPACK.media_type, None)
    return copy


anything = schema_of(DOCUMENT, "all", coverage=True)
unsigned = schema_of(DOCUMENT, "all", coverage=False)
fitting = schema_of(in_json(DOCUMENT), "positive", coverage=False)


def for_each_operation(schema: Any) -> Callable[[_F], _F]:
    """Run a test with a few cases of each operation, the same ones in every run."""
    few = settings(max_examples=5, derandomize=True, database=None, deadline=None)
    decorate: Callable[[Any], Any] = schema.parametrize()
    return lambda test: decorate(few(test))


@schemathesis.serializer(MESSAGEPACK.media_type)
def as_it_is(_context: Any, value: Any) -> bytes:
    """Send what was made up for MessagePack: bytes, which are mostly no MessagePack."""
    return bytes(value.data) if hasattr(value, "data") else bytes(value)


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    """Serve the app in a thread, since schemathesis is not async; keep thousands of refusals out of the log."""
    logging.disable()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(app_with(*HUBS))) as url:
        yield url
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def session() -> Generator[requests.Session]:
    with requests.Session() as session:
        yield session


def signed_headers(case: Any) -> dict[str, Any]:
    """Return the headers of a case in UTF-8, as services send them, and the signature of its connection id."""
    connection_id = str(case.headers.get("X-ASRS-Connection-Id", ""))
    said = {name: str(value).encode() for name, value in case.headers.items()}
    return said | {"X-ASRS-Signature": sign_connection(connection_id, [KEY])}


def assert_body_conforms(case: Any, response: Any) -> bool:
    """Check a body in JSON, a completion without its frame, against the document; return whether there is one."""
    answers = operations(DOCUMENT)[case.path]["responses"]
    content = answers.get(str(response.status_code), {}).get("content", {})
    if (
        not response.content
        or JSON.media_type not in content
        or JSON.media_type not in response.headers["content-type"]
    ):
        return False
    schema = content[JSON.media_type]["schema"] | {"components": DOCUMENT["components"]}
    validate_body(json.loads(response.content.removesuffix(b"\x1e")), schema, cls=OAS31Validator)
    return True


@for_each_operation(anything.exclude(path_regex=ONE_OF_EACH_KIND_IS_ENOUGH))
def test_no_event_ends_in_a_5xx_and_every_answer_is_documented(case: Any, url: str, session: requests.Session) -> None:
    response = case.call(base_url=url, session=session, headers=signed_headers(case))
    case.validate_response(response, checks=CHECKS)
    assert_body_conforms(case, response)


@for_each_operation(unsigned.include(path_regex="/api/"))
def test_no_event_without_a_signature_is_taken(case: Any, url: str, session: requests.Session) -> None:
    response = case.call(base_url=url, session=session)
    assert response.status_code in REFUSED_WITHOUT_SIGNATURE


@for_each_operation(fitting.include(path_regex="/api/"))
def test_every_event_that_fits_the_document_is_taken(case: Any, url: str, session: requests.Session) -> None:
    response = case.call(base_url=url, session=session, headers=signed_headers(case))
    assert response.status_code == 200
    assert assert_body_conforms(case, response) == bool(case.body.get("invocationId"))


@for_each_operation(fitting.include(path_regex="/api/messages/"))
def test_every_call_that_fits_the_document_is_answered_in_messagepack_too(
    case: Any, url: str, session: requests.Session
) -> None:
    try:
        packed = invocation_body(Invocation(case.body["target"], case.body["arguments"], "7"), MESSAGEPACK)
    except TypeError:  # A number beyond 64 bits has no form in MessagePack.
        reject()
    headers = signed_headers(case) | {"Content-Type": MESSAGEPACK.media_type}
    to = str(case.as_transport_kwargs(base_url=url)["url"])
    response = session.post(to, data=packed, headers=headers, timeout=10)
    assert (response.status_code, response.headers["Content-Type"]) == (200, MESSAGEPACK.media_type)
    completion = MESSAGEPACK.decode(MESSAGEPACK.unframe(response.content))
    assert isinstance(completion, Completion)
    assert completion.invocation_id == "7"
