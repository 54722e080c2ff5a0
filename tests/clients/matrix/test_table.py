"""The matrix itself: it says of every client what is played, and of the rest why not."""

from tests.clients.matrix.table import CELLS, LIMITS, TOPICS, limit_of


def test_each_limit_has_a_reason_and_stands_in_the_way_of_something() -> None:
    for limit in LIMITS:
        assert limit.reason
        assert set(limit.topics) <= set(TOPICS)
        assert any(limit_of(cell, topic) is limit for cell in CELLS for topic in TOPICS), limit


def test_the_official_client_is_played_in_all_that_a_transport_can_carry() -> None:
    limited = {str(cell) for cell in CELLS for topic in TOPICS if cell.client == "javascript" and limit_of(cell, topic)}
    assert limited == {"javascript-ServerSentEvents-messagepack"}


def test_each_client_is_played() -> None:
    for client in ("javascript", "pysignalr", "signalrcore"):
        assert any(limit_of(cell, "values") is None for cell in CELLS if cell.client == client)
