"""One version everywhere, and nothing of the machine that a file was written on."""

import re
import subprocess
import tomllib

import pytest

from tests.house.tree import ROOT

SECTION = re.compile(r"^## \[?(\d[^\s\]]*)", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|Users|work|workspace|mnt)/[\w.$-]")
"""Where people and machines keep their checkouts; after a letter it is the path of a URL."""


def newest_section(changelog: str) -> str | None:
    found = SECTION.search(changelog)
    return None if found is None else found[1]


def machine_paths(name: str, text: str) -> list[str]:
    lines = enumerate(text.splitlines(), 1)
    return [f"{name}:{number} has {found[0]}..." for number, line in lines if (found := MACHINE_PATH.search(line))]


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the developer has
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert newest_section((ROOT / "CHANGELOG.md").read_text("utf-8")) == version


def test_no_tracked_file_has_a_path_of_a_machine() -> None:
    files = tracked_files()
    assert "pyproject.toml" in files
    assert [text for name in files for text in machine_paths(name, (ROOT / name).read_text("utf-8", "replace"))] == []


@pytest.mark.parametrize("heading", ["## 1.2.0 - Unreleased", "## [1.2.0] - 2026-01-01", "## 1.2.0"])
def test_the_newest_section_is_the_first(heading: str) -> None:
    assert newest_section(f"# Changelog\n\n## Unreleased\n\n{heading}\n\n## 1.1.0\n") == "1.2.0"


def test_a_changelog_without_sections_has_no_version() -> None:
    assert newest_section("# Changelog\n") is None


@pytest.mark.parametrize("path", ["home/ann/x", "root/.cache", "Users/ann", "work/main"])
def test_a_path_of_a_machine_is_found(path: str) -> None:
    assert machine_paths("a.md", f"fine\ncd /{path}") == [f"a.md:2 has /{path[: path.index('/') + 2]}..."]


@pytest.mark.parametrize("text", ["https://example.com/home/ann", "the /home page", "a/root/b", "~/work/x"])
def test_other_paths_are_not(text: str) -> None:
    assert machine_paths("a.md", text) == []
