"""The official JavaScript client over each of its transports, with the service as a process of its own.

The `matrix` next to it has the same and more, with other clients too, in one process.
"""

import pytest

from tests.clients import chat_hub
from tests.clients.chat_hub import Chat, make_app
from tests.clients.node import play
from tests.support.modes import Host, in_two_processes

pytestmark = pytest.mark.node

every_transport = pytest.mark.parametrize(
    ("transport", "protocol"),
    [
        ("WebSockets", "json"),
        ("WebSockets", "messagepack"),
        ("ServerSentEvents", "json"),
        ("LongPolling", "json"),
        ("LongPolling", "messagepack"),
    ],
)


@pytest.fixture(autouse=True)
def no_events() -> None:
    Chat.events.clear()


@pytest.mark.requirement("transports.offered")
@in_two_processes
@every_transport
async def test_values_of_all_kinds_and_sizes_go_there_and_back(host: Host, transport: str, protocol: str) -> None:
    async with host(make_app()) as url:
        told = await play("transport", url, protocol, "calls", transport=transport)
    assert told.pop(0) is True
    assert told.pop(0).startswith("2026-01-02T00:00:00")
    if protocol == "messagepack":
        assert told.pop(0) == [255, 128, 127, 0]
    assert told == [True, True, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18], "Not today.", "the colour of ann"]
    first, last = [kind for kind, _ in Chat.events]
    assert first == "connected"
    # The client drops its goodbye where a POST of its own is still under way, as that of its result may be here.
    is_cut_short = transport == "ServerSentEvents" and last == "lost"
    assert is_cut_short or last == "disconnected"


@in_two_processes
@every_transport
async def test_the_server_calls_everybody_groups_users_and_connections(
    host: Host, transport: str, protocol: str
) -> None:
    async with host(make_app()) as url:
        (heard,) = await play("transport", url, protocol, "deliver", transport=transport)
    assert heard == ["ann: all", "ann: group", "ben: all", "ben: connection", "ben: others", "ben: user"]


@in_two_processes
@every_transport
async def test_a_client_comes_back_after_a_close_and_after_a_drop_and_can_be_restarted(
    host: Host, transport: str, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with host.cuttable(make_app()) as hosted:
        monkeypatch.setattr(chat_hub, "drop", hosted.cut)
        told = await play("transport", hosted.url, protocol, "ends", transport=transport)
    assert told == [[True, True, "closeMe"], [True, True, "dropMe"], True]


@in_two_processes
@every_transport
async def test_a_refusal_by_the_app_is_heard(host: Host, transport: str, protocol: str) -> None:
    async with host(make_app()) as url:
        (told,) = await play("transport", url, protocol, "refused", transport=transport)
    # With an event stream, the client's first ping is a request of its own, which may come when all is over.
    is_late = transport == "ServerSentEvents" and told == "Not Found: Status code '404'"
    assert is_late or told.endswith("You are banned.")
