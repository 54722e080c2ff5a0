from dataclasses import dataclass

import pytest

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.rest import MemberKind
from serverless_hub.service.registry import Kind, Lasting, Registry
from serverless_hub.service.user_groups import UserGroups


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


MEMBERS: tuple[tuple[MemberKind, str], ...] = (("connections", "a1"), ("users", "ann"), ("groups", "g"))
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
    for connection_id in ("a1", "a2"):
        people.join(connection_id, "g")
    names: dict[Kind, tuple[str, ...]] = {"all": (), "groups": ("g",), "users": ("ann",)}
    told: list[str] = []
    for member in people.select(kind, names[kind]):
        people.remove("a1")
        people.remove("a2")
        told.append(member.id)
    assert told == ["a1", "a2"]


def test_a_user_s_connections_join_a_group_now_and_later() -> None:
    people = registry(A1, B, NOBODY)
    assert people.join_user("ann", "g", "endless") is None
    people.add(A2)
    assert ids(people, "groups", "g") == ["a1", "a2"]
    assert people.groups_of_user("ann") == {"g"}
    assert people.groups_of_user("ben") == set()


@pytest.mark.parametrize("lasting", ["ending", "endless"])
def test_a_user_may_be_in_a_group_before_any_connection_is_there_and_while_none_is(lasting: Lasting) -> None:
    people = registry(B)
    people.join_user("ann", "g", lasting)
    assert ids(people, "groups", "g") == []
    assert people.groups_of_user("ann") == {"g"}
    for _ in range(2):
        people.add(A1)
        assert ids(people, "groups", "g") == ["a1"]
        people.remove("a1")
        assert ids(people, "groups", "g") == []


def test_without_a_lasting_membership_only_the_connections_of_now_join() -> None:
    people = registry(A1)
    people.join_user("ann", "g", "no")
    people.join_user("ben", "g", "no")
    people.add(A2)
    people.add(B)
    assert ids(people, "groups", "g") == ["a1"]
    assert people.groups_of_user("ann") == {"g"}
    people.remove("a1")
    assert people.groups_of_user("ann") == set()


def test_joining_for_now_ends_a_lasting_membership_but_not_for_those_that_are_there() -> None:
    people = registry(A1)
    people.join_user("ann", "g", "endless")
    people.join_user("ann", "g", "no")
    people.add(A2)
    assert ids(people, "groups", "g") == ["a1"]


@pytest.mark.parametrize("lasting", ["no", "ending", "endless"])
def test_a_user_leaves_with_all_connections_but_those_that_joined_by_themselves(lasting: Lasting) -> None:
    people = registry(A1, A2, B)
    people.join("a1", "g")
    people.join("b", "g")
    people.join_user("ann", "g", lasting)
    people.join_user("ann", "h", lasting)
    people.leave_user("ann", "g")
    people.leave_user("ann", "g")
    people.leave_user("nobody", "g")
    assert ids(people, "groups", "g") == ["a1", "b"]
    assert ids(people, "groups", "h") == ["a1", "a2"]
    assert people.groups_of_user("ann") == {"h"}


def test_a_connection_that_is_taken_out_of_a_group_is_out_and_its_user_stays_for_others() -> None:
    people = registry(A1, A2)
    people.join("a1", "g")
    people.join_user("ann", "g", "endless")
    people.join_user("ann", "h", "endless")
    people.leave("a1", "g")
    assert ids(people, "groups", "g") == ["a2"]
    people.leave_all("a2")
    assert ids(people, "groups", "g", "h") == ["a1"]
    people.add(Member("a3", "ann"))
    assert ids(people, "groups", "g") == ["a3"]


def test_a_user_is_in_the_latest_hundred_groups_without_an_end() -> None:
    people = registry()
    for number in range(100):
        assert people.join_user("ann", f"g{number}", "endless") is None
    assert people.join_user("ann", "g0", "endless") is None, "it is renewed"
    assert people.join_user("ann", "short", "ending") is None, "it does not count"
    assert people.join_user("ben", "g0", "endless") is None, "everybody has a hundred"
    assert people.join_user("ann", "g100", "endless") == "g1"


def test_a_membership_without_an_end_may_get_one_and_lose_it_again() -> None:
    people = registry()
    steps: list[Lasting] = ["endless", "ending", "endless"]
    for lasting in steps:
        people.join_user("ann", "g", lasting)
        assert people.groups_of_user("ann") == {"g"}
    people.leave_user("ann", "g")
    assert people.groups_of_user("ann") == set()


def test_what_is_over_takes_no_memory() -> None:
    people = registry(A1, A2, B)
    for connection_id in ("a1", "a2", "b"):
        people.join(connection_id, "g")
        people.join(connection_id, connection_id)
    people.join_user("ann", "u", "endless")
    people.join_user("ann", "v", "ending")
    people.join_user("ann", "w", "no")
    people.leave("b", "g")
    people.leave("b", "b")
    people.leave_user("ann", "u")
    people.leave_user("ann", "v")
    for connection_id in ("a1", "a2", "b"):
        people.remove(connection_id)
    assert [name for name, value in vars(people).items() if value and not isinstance(value, UserGroups | int)] == []


def test_a_connection_is_in_the_groups_that_it_joined_and_in_those_of_its_user() -> None:
    people = registry(A1, A2)
    people.join("a1", "g")
    people.join("a1", "h")
    people.join_user("ann", "h", "endless")
    assert people.groups_of("a1") == {"g", "h"}
    assert people.groups_of("a2") == {"h"}
    people.leave("a1", "h")
    assert people.groups_of("a1") == {"g"}
    assert people.groups_of("unknown") == set()


def test_what_has_no_open_connection_is_not_there() -> None:
    people = registry(A1, NOBODY)
    people.join("a1", "g")
    people.join_user("ben", "h", "endless")
    assert people.has("connections", "a1")
    assert people.has("users", "ann")
    assert people.has("groups", "g")
    assert not people.has("users", "ben")
    assert not people.has("groups", "h")
    people.remove("a1")
    assert [kind for kind, name in MEMBERS if people.has(kind, name)] == []
    assert people.has("connections", "n")


@pytest.mark.requirement("limits.groups")
def test_a_connection_is_in_no_more_groups_by_itself_than_it_may_be() -> None:
    people = registry_of_two_groups(A1, B)
    for group in ("g", "h", "g"):
        assert people.join("a1", group)
    with pytest.raises(InvalidArgumentError, match="the connection is in 2 groups, and has to leave one"):
        people.join("a1", "i")
    assert people.groups_of("a1") == {"g", "h"}
    assert people.join("b", "i")
    people.leave("a1", "g")
    assert people.join("a1", "i")
    assert people.join_user("ann", "through the user", "ending") is None


@pytest.mark.requirement("limits.groups")
@pytest.mark.parametrize("lasting", ["no", "ending", "endless"])
def test_a_user_is_in_no_more_groups_than_they_may_be(lasting: Lasting) -> None:
    people = registry_of_two_groups(A1)
    for group in ("g", "h", "g"):
        people.join_user("ann", group, lasting)
    with pytest.raises(InvalidArgumentError, match="the user is in 2 groups, and has to leave one"):
        people.join_user("ann", "i", lasting)
    assert people.groups_of("a1") == {"g", "h"}
    people.leave_user("ann", "g")
    people.join_user("ann", "i", lasting)
    assert people.groups_of_user("ann") == {"h", "i"}


def registry_of_two_groups(*members: Member) -> Registry[Member]:
    made: Registry[Member] = Registry(max_groups=2, max_user_groups=2)
    for member in members:
        made.add(member)
    return made
