"""mypy and pyright take the good calls in `cases/` and refuse those whose lines say so: `# expect: mypy[x] pyright[y]`.

A rule that a marker names must be among those that the checker reports for the line; lines without one have no error.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "typing" / "cases").glob("*.py"))
MYPY_ERROR = re.compile(r"(.+?):(\d+): error: .*\[([\w-]+)\]")

Found = dict[tuple[str, int], set[str]]
"""Rules by file and line."""


def expected(checker: str, files: Iterable[Path]) -> Found:
    """Return what the markers in `files` say of a checker."""
    found: Found = defaultdict(set)
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            rules = re.findall(rf"\b{checker}\[([\w-]+)\]", line.partition("# expect:")[2])
            if rules:
                found[file.name, number] |= set(rules)
    return found


def mypy() -> Found:
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "mypy", "--no-pretty", *map(str, CASES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: Found = defaultdict(set)
    for match in map(MYPY_ERROR.fullmatch, run.stdout.splitlines()):
        if match is not None and Path(match[1]).parent.name == "cases":
            found[Path(match[1]).name, int(match[2])].add(match[3])
    assert found, run.stdout + run.stderr
    return found


def pyright(folder: Path) -> Found:
    """Run pyright with a project of its own in `folder`, since that of the repository excludes the cases."""
    project = {
        "include": [os.path.relpath(CASES[0].parent, folder)],  # pyright takes no others
        "extraPaths": [str(ROOT)],
        "pythonVersion": "3.11",
        "typeCheckingMode": "strict",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(project), "utf-8")
    run = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "pyright", "-p", str(folder), "--pythonpath", sys.executable, "--outputjson"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: Found = defaultdict(set)
    for error in json.loads(run.stdout)["generalDiagnostics"]:
        found[Path(error["file"]).name, error["range"]["start"]["line"] + 1].add(error.get("rule", "none"))
    return found


def differences(wanted: Found, found: Found) -> list[str]:
    """Return where what was found is not what the markers say."""
    told: list[str] = []
    for place in sorted({*wanted, *found}):
        rules, reported = wanted.get(place, set[str]()), found.get(place, set[str]())
        if not rules or not rules <= reported:
            told.append(f"{place[0]}:{place[1]} expects {sorted(rules)}, got {sorted(reported)}")
    return told


@pytest.mark.requirement("typed-clients.calls")
@pytest.mark.timeout(300)
def test_mypy_takes_the_good_calls_and_refuses_the_wrong_ones() -> None:
    assert differences(expected("mypy", CASES), mypy()) == []


@pytest.mark.requirement("typed-clients.calls")
@pytest.mark.timeout(300)
def test_pyright_takes_the_good_calls_and_refuses_the_wrong_ones(tmp_path: Path) -> None:
    assert differences(expected("pyright", CASES), pyright(tmp_path)) == []


def test_an_error_without_a_marker_and_a_marker_without_its_error_are_told(tmp_path: Path) -> None:
    case = tmp_path / "case.py"
    case.write_text("f()  # expect: mypy[call-arg] pyright[reportCallIssue]\ng()\n", "utf-8")
    wanted = expected("mypy", [case])
    assert wanted == {("case.py", 1): {"call-arg"}}
    assert expected("pyright", [case]) == {("case.py", 1): {"reportCallIssue"}}
    assert differences(wanted, {("case.py", 1): {"call-arg", "misc"}}) == []
    assert differences(wanted, {("case.py", 1): {"arg-type"}}) != []
    assert differences(wanted, {}) != []
    assert differences(wanted, {("case.py", 1): {"call-arg"}, ("case.py", 2): {"misc"}}) != []
