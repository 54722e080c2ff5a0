from serverless_hub.service.user_groups import MAX_ENDLESS_GROUPS, UserGroups


def test_what_a_user_is_in_is_both_kinds_together() -> None:
    groups = UserGroups()
    groups.add("ann", "g", endless=True)
    groups.add("ann", "h", endless=False)
    assert groups.of("ann") == {"g", "h"}
    assert groups.of("ben") == set()


def test_the_group_that_has_to_go_is_the_one_renewed_the_longest_time_ago() -> None:
    groups = UserGroups()
    for number in range(MAX_ENDLESS_GROUPS):
        assert groups.add("ann", str(number), endless=True) is None
    groups.add("ann", "0", endless=True)
    assert groups.add("ann", "one more", endless=True) == "1"
    groups.discard("ann", "1")
    assert len(groups.of("ann")) == MAX_ENDLESS_GROUPS


def test_users_in_no_group_take_no_memory() -> None:
    groups = UserGroups()
    for endless in (True, False, True):
        groups.add("ann", "g", endless=endless)
    groups.discard("ann", "unknown")
    groups.discard("ann", "g")
    groups.discard("ben", "g")
    assert not any(vars(groups).values())
