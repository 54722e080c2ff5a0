"""The bidirectional example itself with the official JavaScript client: every method of its hub, in both modes."""

import logging

import pytest
from fastapi import FastAPI

from tests.clients.node import both_protocols, play
from tests.support.example import load_example
from tests.support.modes import Host, in_both_modes

pytestmark = pytest.mark.node

_REFUSED = "You are not allowed to do this."


@pytest.fixture
def app() -> FastAPI:
    """Return the example's app, its service as empty as after a start."""
    example = load_example("bidirectional_chat.app").app
    assert isinstance(example, FastAPI)
    return example


@both_protocols
@in_both_modes
async def test_everybody_hears_who_connects_and_the_log_who_leaves(
    host: Host, app: FastAPI, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with host(app) as url:
            told = await play("bidirectional", url, protocol, "connecting")
    (ann, *_), (ben, *_) = told
    assert told == [[ann, {"connectionId": ann, "user": "ann"}], [ben, {"connectionId": ben, "user": "ben"}]]
    logged = {record.getMessage() for record in caplog.records}
    assert {f"{ann} has connected", f"{ann} has left: goodbye", f"{ben} has left: goodbye"} <= logged


@both_protocols
@in_both_modes
async def test_an_administrator_broadcasts(host: Host, app: FastAPI, protocol: str) -> None:
    async with host(app) as url:
        (ann, message), heard = await play("bidirectional", url, protocol, "broadcast")
    assert message == {"sender": "ann", "connectionId": ann, "text": "good morning"}
    assert heard == ["ann: good morning", "ben: good morning"]


@both_protocols
@in_both_modes
async def test_nobody_else_broadcasts_whatever_they_call_themselves(host: Host, app: FastAPI, protocol: str) -> None:
    async with host(app) as url:
        *answers, heard, nameless = await play("bidirectional", url, protocol, "refused")
    assert answers == [_REFUSED] * 3
    assert heard == []
    assert "Say who you are" in nameless
    assert nameless.endswith("Status code '401'")


@both_protocols
@in_both_modes
async def test_messages_reach_their_group_their_user_or_their_connection(
    host: Host, app: FastAPI, protocol: str
) -> None:
    async with host(app) as url:
        told = await play("bidirectional", url, protocol, "sending")
    assert told == [
        ["ann: to a group", "ben2: to a group"],
        ["ben2: to a user", "ben: to a user"],
        ["ben: to a connection"],
        [],
    ]


@both_protocols
@in_both_modes
async def test_a_connection_joins_and_leaves_a_group_alone(host: Host, app: FastAPI, protocol: str) -> None:
    async with host(app) as url:
        told = await play("bidirectional", url, protocol, "groups")
    assert told == [["ben: joined"], []]


@both_protocols
@in_both_modes
async def test_a_user_is_in_a_group_with_all_connections_and_those_to_come(
    host: Host, app: FastAPI, protocol: str
) -> None:
    async with host(app) as url:
        told = await play("bidirectional", url, protocol, "userGroups")
    assert told == [
        ["ben2: joined", "ben: joined"],
        ["ben2: later", "ben3: later", "ben: later", "cleo: later"],
        ["cleo: left"],
    ]
