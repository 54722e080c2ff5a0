"""What counts as a test that names a requirement, and what does not."""

from pathlib import Path

import pytest

from tests.conformance.marks import Mark, read, read_tree


def ids(text: str) -> list[str]:
    module = read(text)
    assert module.problems == ()
    return sorted(mark.id for mark in module.marks)


@pytest.mark.parametrize(
    "text",
    [
        '@pytest.mark.requirement("a")\ndef test_it(): ...',
        '@pytest.mark.requirement("a")\nasync def test_it(): ...',
        '@mark.requirement("a")\ndef test_it(): ...',
        'pytestmark = pytest.mark.requirement("a")\ndef test_it(): ...',
        'pytestmark = [pytest.mark.node, pytest.mark.requirement("a")]\ndef test_it(): ...',
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.requirement("a")), 2])\ndef test_it(x): ...',
        'CASES = [pytest.param(1, marks=[pytest.mark.requirement("a")])]\ndef test_it(): ...',
    ],
)
def test_every_way_to_mark_a_test_counts(text: str) -> None:
    assert ids(text) == ["a"]


def test_a_test_may_name_several() -> None:
    assert ids('@pytest.mark.requirement("b", "c")\n@pytest.mark.requirement("a")\ndef test_it(): ...') == [
        "a",
        "b",
        "c",
    ]


def test_a_mark_knows_its_place() -> None:
    module = read('\n@pytest.mark.requirement("a")\ndef test_it(): ...', "tests/x/test_y.py")
    assert module.marks == (Mark("a", "tests/x/test_y.py:2"),)


@pytest.mark.parametrize(
    "text",
    [
        '@pytest.mark.requirement("a")\ndef helper(): ...',
        '@pytest.mark.requirement("a")\nclass TestIt:\n    def test_it(self): ...',
        'class TestIt:\n    @pytest.mark.requirement("a")\n    def test_it(self): ...',
        'def test_it():\n    pytest.mark.requirement("a")',
        'requirement = pytest.mark.requirement\n@requirement("a")\ndef test_it(): ...',
    ],
)
def test_a_mark_where_it_is_not_looked_for_is_named(text: str) -> None:
    module = read(text)
    assert module.marks == ()
    assert [problem.partition(" ")[2] for problem in module.problems] == [
        "a requirement is named on a test function, in pytestmark or in pytest.param"
    ]


@pytest.mark.parametrize("arguments", ["", "ID", '"a", ID', 'id="a"', '"a", x=1', 'f"{a}"', "1"])
def test_an_id_that_is_no_literal_text_is_named(arguments: str) -> None:
    module = read(f"@pytest.mark.requirement({arguments})\ndef test_it(): ...")
    assert module.problems == ("tests/test_sample.py:1 a requirement is named by its id as a literal text",)


@pytest.mark.parametrize(
    "text",
    [
        '@pytest.mark.skip\n@pytest.mark.requirement("a")\ndef test_it(): ...',
        '@pytest.mark.requirement("a")\n@pytest.mark.xfail(reason="x")\ndef test_it(): ...',
        'pytestmark = [pytest.mark.skip(reason="x"), pytest.mark.requirement("a")]',
        'X = [pytest.param(1, marks=[pytest.mark.xfail, pytest.mark.requirement("a")])]',
    ],
)
def test_a_test_that_is_excused_proves_nothing(text: str) -> None:
    (problem,) = read(text).problems
    assert problem.endswith("a test that is skipped or expected to fail proves nothing")


def test_tests_without_a_requirement_are_named() -> None:
    text = "\ndef helper(): ...\ndef test_one(): ...\n"
    assert read(text).unmarked == ("tests/test_sample.py:3 test_one names no requirement",)
    assert read(f'{text}pytestmark = pytest.mark.requirement("a")').unmarked == ()
    case = 'pytest.param(1, marks=pytest.mark.requirement("a"))'
    assert read(f'@pytest.mark.parametrize("x", [{case}])\ndef test_one(x): ...').unmarked == ()


def test_files_of_tests_are_found_at_any_depth_but_not_among_packages_of_node(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    for name in ("test_a.py", "x/y/test_b.py", "x/helper.py", "clients/node_modules/z/test_c.py"):
        path = tests / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def test_it(): ...")
    assert list(read_tree(tests)) == ["tests/test_a.py", "tests/x/y/test_b.py"]
