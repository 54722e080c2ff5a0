"""Claims of `explanation/security.md`: each attack is played by tests that are there."""

import re

import pytest

from tests.docs.named_tests import missing_tests, named_tests, unproven
from tests.docs.pages import ROOT

KINDS = ["Forged events", "False identities", "Connections of others", "The REST API", "Bad input", "Curiosity"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_attack_names_the_tests_that_play_it_and_they_are_there(kind: str) -> None:
    assert unproven("explanation/security.md", kind) == []


def test_the_attacks_are_those_of_the_tables() -> None:
    text = (ROOT / "docs/explanation/security.md").read_text("utf-8")
    section = text.partition("## Attacks, and what stops them\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == KINDS


def test_a_sentence_is_a_name_in_the_file_before_it() -> None:
    cell = "`routing/test_a` *one thing*, *another*; `hub/test_b` *a third*"
    assert named_tests(cell) == [
        ("routing/test_a", "test_one_thing"),
        ("routing/test_a", "test_another"),
        ("hub/test_b", "test_a_third"),
    ]


@pytest.mark.parametrize("cell", ["`routing/test_a`", "*a sentence*", "*early* `routing/test_a` *late*"])
def test_a_test_that_nobody_would_look_for_is_an_error(cell: str) -> None:
    with pytest.raises(ValueError, match="half of one"):
        named_tests(cell)


def test_a_table_that_is_not_there_proves_nothing() -> None:
    assert unproven("explanation/security.md", "Nothing of the kind") == ["Nothing of the kind"]


def test_a_test_that_is_not_there_is_named() -> None:
    cell = "`house/test_names` *a list that fits passes*, *nobody has written this*"
    assert missing_tests(cell) == ["house/test_names: test_nobody_has_written_this"]
