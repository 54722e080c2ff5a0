"""The table of routes and the three files say the same."""

import re

import pytest

from serverless_hub.service.rest_operation import Operation
from serverless_hub.service.rest_routes import ROUTES
from tests.rest_api.documents import DOCUMENTS, LATEST, OFFICIAL, V1, operations

TABLE: dict[tuple[str, str], Operation] = {
    (method, re.sub(r"\{\w+\}", "{}", path)): operation
    for path, methods in ROUTES.items()
    for method, operation in methods.items()
}
OTHER_ORDER = "/api/v1/hubs/{}/users/{}/groups/{}"
BEYOND_THE_FILES = {
    *{("GET", path) for method, path in TABLE if method == "HEAD"},
    *{(method, OTHER_ORDER) for method in ("HEAD", "PUT", "DELETE")},
    ("GET", "/api/v1/auth/accessKey"),
}


@pytest.mark.requirement("rest.operations")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_of_a_file_is_in_the_table_with_its_status(name: str) -> None:
    for key, operation in operations(DOCUMENTS[name]).items():
        assert str(int(TABLE[key].status)) in operation["responses"], key


def test_nothing_else_is_in_the_table() -> None:
    described = {key for document in DOCUMENTS.values() for key in operations(document)}
    assert TABLE.keys() - described == BEYOND_THE_FILES - described


def test_what_a_version_has_is_what_its_file_has() -> None:
    official = {key for key, operation in TABLE.items() if operation.since == OFFICIAL and "/v1/" not in key[1]}
    assert official - BEYOND_THE_FILES == operations(DOCUMENTS[OFFICIAL]).keys()
    assert {operation.since for operation in TABLE.values()} == {OFFICIAL, "2022-11-01", "2023-07-01", LATEST}


def test_all_but_health_and_a_refusal_need_a_token() -> None:
    open_to_all = {path for (_, path), operation in TABLE.items() if not operation.needs_token}
    assert open_to_all == {"/api/health", "/api/v1/health", "/api/auth/accessKey", "/api/v1/auth/accessKey"}
    assert V1 in DOCUMENTS
