"""Schemathesis reads the three files and makes up requests: all answers are as described, and none is a 5xx.

It sends them over loopback, the same ones in every run, signed as an SDK would.
"""

import logging
import time
from collections.abc import Callable, Generator
from copy import deepcopy
from typing import Any, TypeVar

import pytest
import requests
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import reject, settings
from schemathesis import checks

from serverless_hub.clock import SystemClock
from serverless_hub.errors import TokenError
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.rest_token import rest_claims
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.protocol.values import to_msgpack
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.rest_api.documents import DOCUMENTS, LATEST, OFFICIAL, V1
from tests.support.server import serving

_F = TypeVar("_F", bound=Callable[..., None])

KEY = "an-access-key-of-some-length"
NAMES = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
CHECKS: list[Any] = [getattr(checks, name) for name in NAMES]
NEEDS_NO_TOKEN = "/(health|accessKey)$"
TAKES_A_MESSAGE = "/:send$"


def schema_of(name: str, mode: str, *, coverage: bool = False) -> Any:
    """Return what schemathesis makes of a file; bodies are JSON only, and the version is that of the file."""
    document = deepcopy(DOCUMENTS[name])
    for item in document["paths"].values():
        for operation in item.values():
            if "consumes" in operation:
                operation["consumes"] = ["application/json"]
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "api-version" and mode == "positive":
                    parameter["enum"] = [name]
    config: Any = schemathesis.Config
    options = {
        "generation": {"mode": mode, "with-security-parameters": False},
        "phases": {"coverage": {"enabled": coverage}},
    }
    return schemathesis.openapi.from_dict(document, config=config.from_dict(options))


v1 = schema_of(V1, "all", coverage=True)
official = schema_of(OFFICIAL, "all")
latest = schema_of(LATEST, "all", coverage=True)
fitting = schema_of(LATEST, "positive")


def for_each_operation(schema: Any) -> Callable[[_F], _F]:
    """Run a test with a few cases of each operation, the same ones in every run."""
    few = settings(max_examples=5, derandomize=True, database=None, deadline=None)
    decorate: Callable[[Any], Any] = schema.parametrize()
    return lambda test: decorate(few(test))


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    """Serve the service in a thread, since schemathesis is not async; keep thousands of refusals out of the log."""
    service = SignalRService([KEY], ServiceSettings(), SystemClock(), CorsPolicy([], allow_loopback=True))

    app = ServiceApp(service, HttpClient(), lambda: None)
    logging.disable()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(app)) as url:
        yield url
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def session() -> Generator[requests.Session]:
    with requests.Session() as session:
        yield session


def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign a request for the URL that it goes to, as it was made ready for the wire."""
    assert request.url is not None
    try:
        token = sign_token(rest_claims(request.url.partition("?")[0], time.time(), 300), KEY)
    except TokenError:  # Nobody could sign a name with so many escapes.
        reject()
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def check(case: Any, url: str, session: requests.Session) -> None:
    response = case.call(base_url=url, session=session, auth=signed)
    case.validate_response(response, checks=CHECKS)


@pytest.mark.requirement("rest.operations")
@for_each_operation(v1)
def test_every_answer_is_as_v1_describes(case: Any, url: str, session: requests.Session) -> None:
    check(case, url, session)


@pytest.mark.requirement("rest.operations")
@for_each_operation(official)
def test_every_answer_is_as_the_official_version_describes(case: Any, url: str, session: requests.Session) -> None:
    check(case, url, session)


@pytest.mark.requirement("rest.operations")
@for_each_operation(latest)
def test_every_answer_is_as_the_latest_version_describes(case: Any, url: str, session: requests.Session) -> None:
    check(case, url, session)


@for_each_operation(fitting.exclude(path_regex=NEEDS_NO_TOKEN))
def test_nothing_is_done_without_a_token(case: Any, url: str, session: requests.Session) -> None:
    response = case.call(base_url=url, session=session)
    assert response.status_code == 401


@for_each_operation(fitting.include(path_regex=TAKES_A_MESSAGE).exclude(path_regex="streams"))
def test_every_message_that_fits_is_accepted_in_json_and_in_messagepack(
    case: Any, url: str, session: requests.Session
) -> None:
    response = case.call(base_url=url, session=session, auth=signed)
    assert response.status_code == 202, response.text
    target = str(case.as_transport_kwargs(base_url=url)["url"])
    headers = {"Content-Type": "application/x-msgpack"}
    query = {"api-version": LATEST}
    try:
        data = to_msgpack(case.body)
    except TypeError:  # JSON has numbers that MessagePack has not.
        return
    response = session.post(target, params=query, data=data, headers=headers, auth=signed, timeout=10)
    assert response.status_code == 202, response.text
