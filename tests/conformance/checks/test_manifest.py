"""The rows of the manifest, and samples of rows that are wrong."""

import tomllib

import pytest

from tests.conformance.manifest import load, parse, problems

SOURCES = '[sources]\nazure = "https://example.com/"\n'
AREA = f'{SOURCES}[area]\ntitle = "Area"\n'


def test_every_row_is_well_formed() -> None:
    assert problems(load()) == []


def test_rows_are_found_at_any_depth() -> None:
    manifest = parse(
        f'{AREA}[area.one]\nsource = "ours"\nbehaviour = "One."\n'
        '[area.one.more]\nsource = "azure: a/b.cs"\nbehaviour = "More."\ndivergence = "Less."\n'
        '[area.far.away]\nsource = "ours"\nbehaviour = "Away."\n'
    )
    assert problems(manifest) == []
    assert [row.id for row in manifest.requirements] == ["area.one", "area.one.more", "area.far.away"]
    assert [row.divergence for row in manifest.requirements] == [None, "Less.", None]


def test_an_id_cannot_stand_there_twice() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        parse(f'{AREA}[area.one]\nbehaviour = "One."\n[area.one]\nbehaviour = "Two."\n')


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('source = "ours"', "behaviour is not one sentence"),
        ('source = "ours"\nbehaviour = "No full stop"', "behaviour is not one sentence"),
        ('source = "ours"\nbehaviour = "One. Two."', "behaviour is not one sentence"),
        (f'source = "ours"\nbehaviour = "{"x" * 160}."', "behaviour is longer than 160 characters"),
        ('behaviour = "One."', "source is neither 'ours' nor a path in one of [sources]"),
        ('source = "azure"\nbehaviour = "One."', "source is neither 'ours' nor a path in one of [sources]"),
        ('source = "elsewhere: a.cs"\nbehaviour = "One."', "source is neither 'ours' nor a path in one of [sources]"),
        ('source = "ours"\nbehaviour = "One."\nnote = "x"', "there is no field 'note'"),
    ],
)
def test_a_row_that_is_wrong_is_named(fields: str, problem: str) -> None:
    assert problems(parse(f"{AREA}[area.one]\n{fields}\n")) == [f"area.one: {problem}"]


def test_two_rows_that_say_the_same_are_named() -> None:
    row = 'source = "ours"\nbehaviour = "One."\n'
    found = problems(parse(f"{AREA}[area.one]\n{row}[area.two]\n{row}"))
    assert found == ["area.one: another row says the same", "area.two: another row says the same"]


def test_an_area_without_a_title_is_named() -> None:
    assert problems(parse('[area.one]\nsource = "ours"\nbehaviour = "One."')) == ["area: has no title"]
