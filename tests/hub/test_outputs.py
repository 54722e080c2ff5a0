"""Azure's output binding: who gets a message, and what a group action does."""

from typing import Any

import pytest

from serverless_hub.hub.outputs import SignalRGroupAction, SignalRMessage, deliver, read_output
from serverless_hub.hub.ports import Receivers
from tests.support.recording import RecordingSender, Sent

EVERYTHING = {"connectionId": "c1", "userId": "ann", "groupName": "lobby"}


@pytest.mark.requirement("output.message.precedence")
@pytest.mark.parametrize(
    ("names", "receivers"),
    [
        ({}, Receivers("all")),
        ({"groupName": "lobby"}, Receivers("groups", ("lobby",))),
        ({"userId": "ann", "groupName": "lobby"}, Receivers("users", ("ann",))),
        (EVERYTHING, Receivers("connections", ("c1",))),
        ({"connectionId": "", "userId": "ann"}, Receivers("users", ("ann",))),
        ({"connectionId": "", "userId": "", "groupName": ""}, Receivers("all")),
        ({"group_name": "lobby"}, Receivers("groups", ("lobby",))),
    ],
)
async def test_a_message_goes_to_the_connection_else_the_user_else_the_group_else_everybody(
    names: dict[str, str], receivers: Receivers
) -> None:
    sender = RecordingSender()
    await deliver(read_output({"target": "heard", "arguments": ["hi", 1], **names}), sender)
    assert sender.sent == [Sent(receivers, "heard", ("hi", 1))]


@pytest.mark.requirement("output.message.arguments")
async def test_a_message_needs_no_arguments() -> None:
    sender = RecordingSender()
    await deliver(SignalRMessage(target="refresh", user_id="ann"), sender)
    assert sender.sent == [Sent(Receivers("users", ("ann",)), "refresh", ())]


@pytest.mark.requirement("output.group.add-remove", "output.group.remove-all")
@pytest.mark.parametrize(
    ("action", "step"),
    [
        ({"action": "add", **EVERYTHING}, ("add_to_group", "c1", "lobby")),
        ({"action": "Remove", **EVERYTHING}, ("remove_from_group", "c1", "lobby")),
        ({"action": "removeAll", **EVERYTHING}, ("remove_from_all_groups", "c1")),
        ({"action": "add", "userId": "ann", "groupName": "lobby"}, ("add_user_to_group", "ann", "lobby", None)),
        ({"action": "remove", "userId": "ann", "groupName": "lobby"}, ("remove_user_from_group", "ann", "lobby")),
        ({"action": "remove_all", "userId": "ann"}, ("remove_user_from_all_groups", "ann")),
    ],
)
async def test_a_group_action_is_for_the_connection_else_the_user(
    action: dict[str, str], step: tuple[str | None, ...]
) -> None:
    sender = RecordingSender()
    await deliver(read_output(action), sender)
    assert sender.steps == [step]


@pytest.mark.requirement("output.untyped")
def test_what_could_be_both_is_a_message() -> None:
    assert isinstance(read_output({"target": "heard", "action": "add", "userId": "ann"}), SignalRMessage)


def test_what_is_one_already_stays_what_it_is() -> None:
    action = SignalRGroupAction(action="remove_all", user_id="ann")
    assert read_output(action) is action


@pytest.mark.requirement("output.untyped", "output.action-names")
@pytest.mark.parametrize(
    ("item", "text"),
    [
        (None, "not NoneType"),
        ("secret", "not str"),
        ({}, "target: Field required"),
        ({"target": ""}, "at least 1 character"),
        ({"arguments": ["secret"]}, "target: Field required"),
        ({"target": "heard", "userID": "secret"}, "cannot have the key 'userID': it takes action"),
        ({"target": "heard", "usrId": "secret"}, "cannot have the key 'usrId'"),
        ({"target": "heard", "userId": "secret", "user_id": "secret"}, "has 'user_id' and 'userId', which are one"),
        ({"action": "delete", "userId": "secret"}, "action: Input should be 'add'"),
        ({"action": 7, "userId": "secret"}, "action: Input should be 'add'"),
        ({"action": "add", "groupName": "secret"}, "needs a connection_id or a user_id"),
        ({"action": "add", "userId": "secret"}, "needs a group_name"),
    ],
)
def test_anything_else_is_refused_without_its_values(item: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text) as refusal:
        read_output(item)
    assert "secret" not in str(refusal.value)
