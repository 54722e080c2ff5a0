import pytest

from serverless_hub.protocol.negotiate import (
    asks_for_stateful_reconnect,
    negotiate_version,
    refusal_answer,
    service_answer,
)


@pytest.mark.parametrize(("asked", "version"), [(None, 0), ("0", 0), ("1", 1), ("7", 1), ("-1", 0)])
def test_the_version_is_at_most_one(asked: str | None, version: int) -> None:
    assert negotiate_version(asked) == version


def test_a_version_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        negotiate_version("one")


@pytest.mark.requirement("transports.negotiate.version-0")
def test_without_a_version_the_token_serves_as_the_id() -> None:
    answer = service_answer(0, "id", "token")
    assert (answer["connectionId"], "connectionToken" in answer) == ("token", False)


@pytest.mark.requirement("transports.negotiate.version-1")
def test_with_a_version_there_are_both() -> None:
    answer = service_answer(1, "id", "token")
    assert (answer["negotiateVersion"], answer["connectionId"], answer["connectionToken"]) == (1, "id", "token")
    assert answer["availableTransports"] == [
        {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
        {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
        {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
    ]


@pytest.mark.requirement("transports.offered")
@pytest.mark.parametrize("version", [0, 1])
def test_only_transports_that_are_allowed_are_offered_in_the_usual_order(version: int) -> None:
    answer = service_answer(version, "id", "token", ["LongPolling", "WebSockets"])
    assert [offer["transport"] for offer in answer["availableTransports"]] == ["WebSockets", "LongPolling"]
    assert service_answer(version, "id", "token", [])["availableTransports"] == []


@pytest.mark.parametrize(
    ("version", "asked", "wanted"),
    [(1, "true", True), (1, "True", True), (1, "false", False), (1, "1", False), (1, None, False), (0, "true", False)],
)
def test_a_client_has_to_ask_for_stateful_reconnect(version: int, asked: str | None, wanted: bool) -> None:
    assert asks_for_stateful_reconnect(version, asked) is wanted


def test_stateful_reconnect_is_mentioned_only_where_it_is_offered() -> None:
    assert service_answer(1, "id", "token", stateful=True)["useStatefulReconnect"] is True
    assert "useStatefulReconnect" not in service_answer(1, "id", "token")
    assert "useStatefulReconnect" not in service_answer(0, "id", "token", stateful=True)


@pytest.mark.requirement("negotiate.refused")
def test_a_client_that_is_refused_reads_why_and_gets_no_address() -> None:
    assert refusal_answer("Come back tomorrow.") == {"error": "Come back tomorrow."}
