"""What contributors are told is true, and what they fill in is well-formed."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.tree import PACKAGE, ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
GITHUB = ROOT / ".github"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_every_make_target_that_a_guide_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    guides = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", GITHUB / "PULL_REQUEST_TEMPLATE.md"]
    named = {
        target
        for guide in guides
        for words in re.findall(r"(?m)(?:^|`)make ((?:[a-z-]+ ?)+?)(?=`|  | #|$)", guide.read_text("utf-8"))
        for target in words.split()
    }
    assert {"install", "test", "check", "unit", "public-api"} <= named
    assert named <= targets


def test_the_table_of_floors_has_every_part_of_the_package() -> None:
    (contract,) = (each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    parts = {name for layer in contract["layers"] for name in re.findall(r"\w+", layer)}
    shown = set(re.findall(r"`(\w+)(?:/|\.py)`", CONTRIBUTING.partition("| floor |")[2].partition("\n\n")[0]))
    assert shown == parts


def test_every_folder_that_the_guide_names_exists() -> None:
    named = set(re.findall(r"`((?:tests|docs|scripts|\.ci)/[\w./-]+)`", CONTRIBUTING))
    assert "tests/house" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_licence_is_mit_everywhere() -> None:
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License\n\nCopyright (c) ")
    assert PROJECT["project"]["license"] == "MIT"
    assert (ROOT / PACKAGE / "py.typed").read_bytes() == b""


def test_the_workflow_runs_what_anybody_can_run() -> None:
    workflow: Any = yaml.safe_load((GITHUB / "workflows/ci.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("form", sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda path: path.stem)
def test_an_issue_form_has_what_github_needs(form: Path) -> None:
    content: Any = yaml.safe_load(form.read_text("utf-8"))
    assert content["name"]
    assert content["description"]
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)
