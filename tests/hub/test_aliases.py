"""Dependencies behind type aliases and deep inside of annotations: never an argument of the call."""

import logging
import re
from collections.abc import Callable
from typing import Annotated, Any, NewType, Optional, TypeVar

import pytest
from fastapi import BackgroundTasks, Body, Depends, Header, Query, Request, Security, params
from pydantic import Field
from typing_extensions import TypeAliasType

from serverless_hub import HubDefinitionError, Ignore, InvocationContext, ServerlessHub
from serverless_hub.hub.descriptor import MethodDescriptor, describe_hub
from serverless_hub.hub.injection import Source
from tests.support.hub_bench import Bench

T = TypeVar("T")


def current() -> str:
    return "ann"


User = TypeAliasType("User", Annotated[str, Depends(current)])
UserOfUser = TypeAliasType("UserOfUser", User)
Written = TypeAliasType("Written", "Annotated[str, Depends(current)]")
Provided = TypeAliasType("Provided", Annotated[T, Depends(current)], type_params=(T,))
AnyUser = TypeAliasType("AnyUser", Annotated[str, Depends(current)], type_params=(T,))
Same = TypeAliasType("Same", T, type_params=(T,))
Nowhere = TypeAliasType("Nowhere", "list[Missing]")  # type: ignore[name-defined] # noqa: F821 - the case
Tree = TypeAliasType("Tree", "dict[str, Tree] | list[Tree] | int")
Short = TypeAliasType("Short", Annotated[str, Field(max_length=3)])


Context = TypeAliasType("Context", InvocationContext)
Log = TypeAliasType("Log", logging.Logger)
Asked = TypeAliasType("Asked", Request)
Users = TypeAliasType("Users", list[User])
Tasks = TypeAliasType("Tasks", BackgroundTasks)
NewUser = NewType("NewUser", User)


def described(annotation: Any, default: Any = ..., kind: str = "") -> MethodDescriptor:
    async def send(self: Chat, name: Any) -> None: ...
    async def send_default(self: Chat, name: Any = default) -> None: ...
    async def send_rest(self: Chat, *name: Any) -> None: ...
    async def send_options(self: Chat, **name: Any) -> None: ...

    named = send if default is ... else send_default
    kinds: dict[str, Callable[..., Any]] = {"": named, "*": send_rest, "**": send_options}
    chosen = kinds[kind]
    chosen.__annotations__["name"] = annotation
    chosen.__qualname__ = "Chat.send"
    return describe_hub(type("Chat", (ServerlessHub,), {"send": chosen})).events["messages", "send"]


class Chat(ServerlessHub): ...


@pytest.mark.requirement("binding.injected.dependencies")
@pytest.mark.parametrize(
    "annotation",
    [
        User,
        UserOfUser,
        Written,
        Provided[str],
        AnyUser[int],
        Same[User],
        Annotated[User, "more"],
        Annotated[UserOfUser, Field(max_length=3)],
        "User",
        "Annotated[User, 'more']",
    ],
    ids=repr,
)
def test_a_dependency_behind_an_alias_is_injected(annotation: Any) -> None:
    method = described(annotation)
    ((parameter, source),) = method.parameters
    assert source is Source.FASTAPI
    assert method.binder.names == []
    assert Depends(current) in parameter.annotation.__metadata__


@pytest.mark.parametrize(
    ("annotation", "source"),
    [
        (Context, Source.CONTEXT),
        (Log, Source.LOGGER),
        (Asked, Source.FASTAPI),
    ],
    ids=repr,
)
def test_what_is_injected_by_its_type_is_so_behind_an_alias(annotation: Any, source: Source) -> None:
    assert described(annotation).parameters[0][1] is source


async def test_an_alias_of_an_ordinary_type_is_an_argument_of_the_call() -> None:
    class Chat(ServerlessHub):
        async def send(self, tree: Tree, text: Short, same: Same[int]) -> Any:
            return [tree, text, same]

    assert await Bench(Chat).result("send", {"a": [1]}, "abc", "5") == [{"a": [1]}, "abc", 5]
    assert "text" in str(await Bench(Chat).error("send", 1, "abcd", 5))


def test_an_alias_that_names_what_does_not_exist_is_an_error_at_registration() -> None:
    with pytest.raises(HubDefinitionError, match=r"an annotation of Chat\.send cannot be resolved: .*'Missing'"):
        described(Nowhere)


DEEP = [
    User | None,
    Optional[User],  # noqa: UP045 - the old spelling is the case
    list[User],
    dict[str, tuple[Annotated[int, Ignore()], ...]],
    Annotated[list[User], "x"],
    Annotated[str, Header()] | int,
    list[Annotated[str, Body()]],
    list[Annotated[str, Security(current)]],
    list[Annotated[int, Ignore]],
    Users,
    list[Provided[str]],
    NewUser,
    list[NewUser],
    InvocationContext | None,
    list[InvocationContext],
    logging.Logger | None,
    Request | None,
    list[Tasks],
    Callable[[User], int],
]


@pytest.mark.parametrize("annotation", DEEP)
def test_what_is_injected_may_not_stand_deeper_in_an_annotation(annotation: Any) -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.send\(name\) has .* inside of another type"):
        described(annotation)


def test_the_error_says_how_to_write_it() -> None:
    with pytest.raises(HubDefinitionError, match=re.escape("name: Annotated[<the whole type>, Depends(...)]")):
        described(User | None)
    with pytest.raises(HubDefinitionError, match=re.escape("write it as `name: InvocationContext`")):
        described(InvocationContext | None)


def test_an_ignored_parameter_may_have_anything_inside() -> None:
    assert described(Annotated[InvocationContext | None, Ignore()], None).parameters[0][1] is Source.DEFAULT
    assert described(Annotated[User | None, Depends(current)]).parameters[0][1] is Source.FASTAPI


UNCALLED: list[Any] = [Depends, Security, Header, Query, Body, params.Header]


@pytest.mark.parametrize("marker", UNCALLED, ids=lambda marker: marker.__name__)
def test_a_marker_that_is_not_called_is_an_error(marker: Any) -> None:
    with pytest.raises(HubDefinitionError, match=rf"Chat\.send\(name\) .*write {marker.__name__}\(\.\.\.\)"):
        described(Annotated[str, marker])
    with pytest.raises(HubDefinitionError, match=rf"Chat\.send\(name\) .*write {marker.__name__}\(\.\.\.\)"):
        described(str, marker)


def test_the_class_ignore_is_as_good_as_an_instance() -> None:
    assert described(Annotated[int, Ignore], 3).parameters[0][1] is Source.DEFAULT


@pytest.mark.parametrize("kind", ["*", "**"])
@pytest.mark.parametrize("annotation", [User, InvocationContext, logging.Logger, Request], ids=repr)
def test_a_rest_of_arguments_cannot_be_injected(kind: str, annotation: Any) -> None:
    with pytest.raises(HubDefinitionError, match=re.escape("Chat.send(name) stands for any number of values")):
        described(annotation, kind=kind)
