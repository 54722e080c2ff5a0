from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_path import api_path, base_url, below


def scope(path: str, raw: bytes | None = None, root: str | None = None, **others: Any) -> dict[str, Any]:
    found = {"type": "http", "path": path, "headers": [(b"host", b"chat.example:8443")], "scheme": "https", **others}
    if raw is not None:
        found["raw_path"] = raw
    if root is not None:
        found["root_path"] = root
    return found


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (scope("/api/x"), "/api/x"),
        (scope("/api/a/b", b"/api/a%2Fb"), "/api/a%2Fb"),
        (scope("/api/a/b", b"/api/a%2Fb?q=/"), "/api/a%2Fb"),
        (scope("/api/ä %"), "/api/%C3%A4%20%25"),
        (scope("/api/:send"), "/api/:send"),
        (scope("/rewritten/api/x", b"/original/api/x"), "/rewritten/api/x"),
        (scope("/a/b/api/x", b"/a/b/api/x", "/a/b"), "/api/x"),
        (scope("/a b/api/x", b"/a%20b/api/x", "/a b/"), "/api/x"),
        (scope("/api/x", b"/api/x", "/left/out"), "/api/x"),
        (scope("/abc/api/x", b"/abc/api/x", "/ab"), "/abc/api/x"),
    ],
)
def test_what_counts_is_behind_the_root_as_it_was_sent(found: dict[str, Any], path: str) -> None:
    assert api_path(found) == path


@pytest.mark.parametrize(
    ("found", "base"),
    [
        (scope("/x"), "https://chat.example:8443"),
        (scope("/x", root="/ä/"), "https://chat.example:8443/%C3%A4"),
        (scope("/x", headers=[], server=("10.0.0.1", 80)), "https://10.0.0.1:80"),
        (scope("/x", headers=[], server=("/a.sock", None), scheme="http"), "http:///a.sock"),
        (scope("/x", headers=[]), "https://localhost"),
    ],
)
def test_links_begin_where_the_caller_found_the_service(found: dict[str, Any], base: str) -> None:
    assert base_url(found) == base


@pytest.mark.parametrize(
    ("found", "root"),
    [
        (scope("/_signalr/api/x", b"/_signalr/api/x"), "/_signalr"),
        (scope("/mount/rt/_signalr/api/x", b"/mount/rt/_signalr/api/x", "/mount"), "/mount/rt/_signalr"),
        (scope("/_signalr/api/x", b"/_signalr/api/x", "/left out"), "/left out/_signalr"),
        (scope("/_signalr/api/x", None, "/left"), "/left/_signalr"),
    ],
)
def test_below_an_app_the_root_ends_where_the_service_is(found: dict[str, Any], root: str) -> None:
    inner = below(found, "/_signalr")
    assert inner["root_path"] == root
    assert api_path(inner) == "/api/x"


@given(st.lists(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"]))))
def test_without_a_raw_path_nothing_but_slashes_in_ids_is_lost(segments: list[str]) -> None:
    path = "/".join(["", "api", *segments])
    assert api_path(scope(path)).count("/") == path.count("/")


@pytest.mark.parametrize("host", ["x/api/hubs/chat/:send?", "a@b", "a b", "a#b", "[::1", "a:b", "a\\b"])
def test_a_host_that_is_none_is_refused_before_it_is_part_of_a_token(host: str) -> None:
    with pytest.raises(RestRefusal) as refusal:
        base_url(scope("/api/x", headers=[(b"host", host.encode())]))
    assert refusal.value.status == 400


@pytest.mark.parametrize("host", ["localhost", "chat.example:8443", "127.0.0.1:1", "[::1]:8000", "a_b-c"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert base_url(scope("/api/x", headers=[(b"host", host.encode())])) == f"https://{host}"
