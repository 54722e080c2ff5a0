"""From Python names to names on the wire."""

import pytest

from serverless_hub import HubDefinitionError, ServerlessHub, hub_method


def targets_of(hub: type[ServerlessHub]) -> set[str]:
    return set(hub.hub_definition.targets)


@pytest.mark.requirement("class-model.target")
def test_a_target_has_the_name_of_its_method() -> None:
    class Chat(ServerlessHub):
        async def send_message(self) -> None: ...

    assert targets_of(Chat) == {"send_message"}


@pytest.mark.requirement("class-model.target")
@pytest.mark.parametrize(
    ("method", "target"),
    [("send_message", "sendMessage"), ("send", "send"), ("get_URL_of", "getURLOf"), ("send_", "send"), ("a__b", "aB")],
)
def test_camel_naming_joins_the_words_of_a_name(method: str, target: str) -> None:
    async def function(self: ServerlessHub) -> None: ...

    chat: type[ServerlessHub] = type("Chat", (ServerlessHub,), {method: function}, naming="camel")

    assert chat.hub_definition.targets == {target: function}


def test_a_function_may_name_the_targets() -> None:
    class Chat(ServerlessHub, naming=str.upper):
        async def send(self) -> None: ...

    assert targets_of(Chat) == {"SEND"}


def test_naming_is_inherited_and_covers_the_methods_of_the_base() -> None:
    class Base(ServerlessHub, naming="camel"):
        async def send_message(self) -> None: ...

    class Chat(Base):
        async def leave_room(self) -> None: ...

    assert targets_of(Chat) == {"sendMessage", "leaveRoom"}


def test_a_subclass_may_name_differently_from_its_base() -> None:
    class Base(ServerlessHub, naming="camel"):
        async def send_message(self) -> None: ...

    class Chat(Base, naming=str.title):
        async def leave_room(self) -> None: ...

    assert targets_of(Chat) == {"Send_Message", "Leave_Room"}


@pytest.mark.requirement("class-model.target")
def test_hub_method_names_one_target_whatever_the_naming_of_the_class() -> None:
    class Chat(ServerlessHub, naming="camel"):
        @hub_method("send-message!")
        async def send_message(self) -> None: ...

    assert targets_of(Chat) == {"send-message!"}


def test_hub_method_leaves_the_method_as_it_is() -> None:
    async def send(self: ServerlessHub) -> None: ...

    assert hub_method("x")(send) is send


def test_a_naming_that_nobody_knows_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(HubDefinitionError, match=r"naming='snake' is unknown: use 'camel' or a function"):
        type("Chat", (ServerlessHub,), {}, naming="snake")


@pytest.mark.requirement("class-model.hub-name")
def test_a_hub_is_called_like_its_class() -> None:
    class Chat(ServerlessHub): ...

    assert Chat.hub_definition.name == "Chat"


@pytest.mark.requirement("class-model.hub-name")
def test_a_hub_may_have_a_name_of_its_own() -> None:
    class Chat(ServerlessHub, hub="lounge"): ...

    assert Chat.hub_definition.name == "lounge"


def test_the_name_of_a_hub_is_not_inherited() -> None:
    class Chat(ServerlessHub, hub="lounge"): ...

    class News(Chat): ...

    assert News.hub_definition.name == "News"


def test_class_options_of_other_bases_reach_them() -> None:
    class Tagged:
        tag: str

        def __init_subclass__(cls, *, tag: str, **options: object) -> None:
            super().__init_subclass__(**options)
            cls.tag = tag

    class Chat(ServerlessHub, Tagged, tag="x"): ...

    assert Chat.tag == "x"
