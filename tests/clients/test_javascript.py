"""The official JavaScript client, for real: in Node, in both hub protocols and both modes."""

import pytest

from tests.clients import chat_hub
from tests.clients.chat_hub import Chat, make_app
from tests.clients.node import both_protocols, play
from tests.support.modes import Host, in_both_modes

pytestmark = pytest.mark.node


@pytest.fixture(autouse=True)
def no_events() -> None:
    Chat.events.clear()


@pytest.mark.requirement("completion.invoke", "completion.void", "completion.error.text")
@both_protocols
@in_both_modes
async def test_calls_are_answered_with_results_and_errors(host: Host, protocol: str) -> None:
    async with host(make_app()) as url:
        told = await play("invoke", url, protocol)
    unexpected = told.pop(5)
    assert unexpected.startswith("An unexpected error occurred invoking 'fail' on the server.")
    assert "swordfish" not in unexpected
    assert told == [
        "Grüße, 世界 🎉",
        {"deep": [1, 2.5, None, True, {"a": []}]},
        True,
        True,
        "Not today.",
        "'add' takes 2 arguments: 1 came",
        (
            "'add' cannot be called like that: right: "
            "Input should be a valid integer, unable to parse string as an integer"
        ),
        "Invocation failed, status code 404",
        "Streaming is not supported in serverless mode.",
        [2, 4, 6, 8, 10],
        True,
    ]


@pytest.mark.requirement("class-model.clients", "class-model.caller", "class-model.groups")
@both_protocols
@in_both_modes
async def test_messages_reach_whom_they_are_for_and_nobody_else(host: Host, protocol: str) -> None:
    async with host(make_app()) as url:
        told = await play("deliver", url, protocol)
    assert told == [
        ["ann2: all", "ann: all", "ben: all"],
        ["ann2: others", "ben: others"],
        ["ann: group", "ben: group"],
        ["ben: others in group"],
        ["ann2: user", "ann: user"],
        ["ben: connection"],
        ["ben: after leaving"],
    ]


@pytest.mark.requirement("negotiate.bearer", "closing.new-id")
@both_protocols
@in_both_modes
async def test_a_connection_is_restarted_with_a_new_id_and_its_handlers(host: Host, protocol: str) -> None:
    async with host(make_app()) as url:
        told = await play("restart", url, protocol)
    assert told == [None, True, True, ["again"]]
    kinds, ids = zip(*Chat.events, strict=True)
    assert kinds == ("connected", "disconnected", "connected", "disconnected")
    assert ids[0] == ids[1] != ids[2] == ids[3]


@pytest.mark.requirement("closing.new-id")
@both_protocols
@in_both_modes
async def test_a_client_comes_back_by_itself_after_a_drop_and_after_a_close_that_allows_it(
    host: Host, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with host.cuttable(make_app()) as hosted:
        monkeypatch.setattr(chat_hub, "drop", hosted.cut)
        told = await play("reconnect", hosted.url, protocol)
    assert told == [[True, True, "dropMe"], [True, True, "closeMe"]]
    assert [kind for kind, _ in Chat.events].count("connected") == 3


@pytest.mark.requirement("completion.connected.closes", "negotiate.refused")
@in_both_modes
async def test_who_is_refused_hears_why_and_does_not_come_back(host: Host) -> None:
    async with host(make_app()) as url:
        unauthorised, banned = await play("refused", url, "json")
    assert unauthorised.endswith("Status code '401'")
    assert banned.endswith("You are banned.")
    assert Chat.events == []


@pytest.mark.requirement("binding.bytes", "msgpack-protocol.values")
@in_both_modes
async def test_bytes_travel_as_bytes_in_messagepack(host: Host) -> None:
    async with host(make_app()) as url:
        assert await play("binary", url, "messagepack") == [[255, 128, 127, 0]]
