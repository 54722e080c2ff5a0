from dataclasses import dataclass

import pytest

from serverless_hub.service.registry import Kind, Registry


@dataclass(frozen=True)
class Member:
    id: str
    user_id: str | None = None


def registry(*members: Member) -> Registry[Member]:
    made: Registry[Member] = Registry()
    for member in members:
        made.add(member)
    return made


def ids(found: Registry[Member], kind: Kind, *names: str, excluded: tuple[str, ...] = ()) -> list[str]:
    return [member.id for member in found.select(kind, names, excluded)]


A1, A2, B, NOBODY = Member("a1", "ann"), Member("a2", "ann"), Member("b", "ben"), Member("n")


def test_all_are_those_that_came_and_have_not_gone() -> None:
    people = registry(A1, B, NOBODY)
    people.remove("b")
    people.remove("b")
    people.remove("unknown")
    assert ids(people, "all") == ["a1", "n"]
    assert len(people) == 2
    assert people.get("a1") is A1
    assert people.get("b") is None


def test_connections_are_found_by_id_once_each() -> None:
    assert ids(registry(A1, A2, B), "connections", "b", "a1", "b", "unknown") == ["b", "a1"]


def test_a_user_is_all_of_their_connections() -> None:
    people = registry(A1, A2, B, NOBODY)
    assert ids(people, "users", "ann") == ["a1", "a2"]
    assert ids(people, "users", "ben", "ann", "nobody", "") == ["b", "a1", "a2"]
    people.remove("a1")
    people.remove("a2")
    assert ids(people, "users", "ann") == []


def test_a_group_is_those_who_joined_and_did_not_leave() -> None:
    people = registry(A1, A2, B)
    assert people.join("a1", "g")
    assert people.join("a1", "g")
    assert people.join("b", "g")
    assert people.join("b", "h")
    assert not people.join("unknown", "g")
    people.leave("a1", "g")
    people.leave("a1", "g")
    people.leave("a1", "never there")
    people.leave("unknown", "g")
    assert ids(people, "groups", "g") == ["b"]
    assert ids(people, "groups", "g", "h") == ["b"]


def test_a_connection_leaves_its_groups_when_it_goes() -> None:
    people = registry(A1, B)
    for member in ("a1", "b"):
        people.join(member, "g")
    people.remove("a1")
    assert ids(people, "groups", "g") == ["b"]
    people.add(A1)
    assert ids(people, "groups", "g") == ["b"]


def test_a_connection_can_leave_all_its_groups_and_stay() -> None:
    people = registry(A1)
    people.join("a1", "g")
    people.join("a1", "h")
    people.leave_all("a1")
    people.leave_all("a1")
    assert ids(people, "groups", "g", "h") == []
    assert ids(people, "all") == ["a1"]


@pytest.mark.parametrize(
    ("kind", "names"), [("all", ()), ("connections", ("a1", "b")), ("groups", ("g",)), ("users", ("ann", "ben"))]
)
def test_excluded_connections_are_left_out_everywhere(kind: Kind, names: tuple[str, ...]) -> None:
    people = registry(A1, B)
    people.join("a1", "g")
    people.join("b", "g")
    assert ids(people, kind, *names, excluded=("a1", "unknown")) == ["b"]


@pytest.mark.parametrize("kind", ["all", "groups", "users"])
def test_members_may_go_while_others_are_being_told(kind: Kind) -> None:
    people = registry(A1, A2)
    for member in ("a1", "a2"):
        people.join(member, "g")
    names = {"all": (), "groups": ("g",), "users": ("ann",)}[kind]
    told: list[str] = []
    for member in people.select(kind, names):
        people.remove("a1")
        people.remove("a2")
        told.append(member.id)
    assert told == ["a1", "a2"]


def test_what_is_over_takes_no_memory() -> None:
    people = registry(A1, A2, B)
    for member in ("a1", "a2", "b"):
        people.join(member, "g")
        people.join(member, member)
    people.leave("b", "g")
    people.leave("b", "b")
    for member in ("a1", "a2", "b"):
        people.remove(member)
    assert [value for value in vars(people).values() if value] == []
