"""What holds for all pages: their code is that of files which tests run, and they need no network."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, pages

_INCLUDE = re.compile(r'--8<-- "(?P<file>[^":]+)(?::[a-z]+)?"\n')
_REMOTE = re.compile(
    r"""<(?:script|img|iframe)[^>]*\ssrc=["']?(?:https?:)?//|<link(?=[^>]*stylesheet|[^>]*preconnect)[^>]*\shref=["']?(?:https?:)?//"""
)
_SNIPPETS = ROOT / "examples" / "snippets"


def included() -> set[str]:
    return {found["file"] for text in pages().values() for found in _INCLUDE.finditer(text)}


@pytest.mark.parametrize("name", pages())
def test_python_and_html_in_a_page_are_included_from_an_example_or_a_test(name: str) -> None:
    for block in blocks(pages()[name]):
        if block.language in {"python", "html"}:
            found = _INCLUDE.fullmatch(block.text)
            assert found is not None, block.text
            assert found["file"].startswith(("examples/", "tests/docs/test_"))


@pytest.mark.parametrize("name", pages())
def test_other_code_is_for_a_shell_or_a_browser_or_is_output(name: str) -> None:
    assert {block.language for block in blocks(pages()[name])} <= {"python", "html", "sh", "js", "json", "text"}


def test_every_snippet_stands_in_a_page() -> None:
    assert {f"examples/snippets/{path.name}" for path in _SNIPPETS.iterdir() if path.is_file()} == {
        name for name in included() if name.startswith("examples/snippets/")
    }


def test_every_snippet_is_run_by_a_test() -> None:
    nodes = (node for path in Path(__file__).parent.glob("*.py") for node in ast.parse(path.read_text("utf-8")).body)
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "examples.snippets"]
    assert {alias.name for node in imports for alias in node.names} == {path.stem for path in _SNIPPETS.glob("*.py")}


def test_the_first_page_calls_the_hub_as_the_readme_does() -> None:
    def script(text: str) -> str:
        return next(block.text for block in blocks(text) if block.language == "js")

    assert script(pages()["index.md"]) == script((ROOT / "README.md").read_text("utf-8"))


def test_the_readme_shows_the_quickstart_and_what_its_client_prints() -> None:
    shown = [block.text for block in blocks((ROOT / "README.md").read_text("utf-8"))]
    assert (ROOT / "examples/quickstart/chat.py").read_text("utf-8") in shown
    printed = [block.text for block in blocks(pages()["index.md"]) if block.language == "text"]
    assert printed[0] in shown


@pytest.mark.parametrize("picture", sorted(path.name for path in (DOCS / "images").glob("*.svg")))
def test_a_picture_stands_in_a_page_and_has_colours_for_light_and_dark(picture: str) -> None:
    assert any(f"images/{picture})" in text for text in pages().values())
    assert "prefers-color-scheme: dark" in (DOCS / "images" / picture).read_text("utf-8")


def test_the_built_site_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    assert built.returncode == 0, built.stderr
    found = list(tmp_path.rglob("*.html"))
    assert len(found) > len(pages())
    assert [str(path) for path in found if _REMOTE.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://unpkg.com/x.js">',
        "<script src=//unpkg.com/x.js>",
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css">',
        '<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>',
        '<img alt="x" src="http://example.com/x.png">',
    ],
)
def test_what_would_be_loaded_is_found(html: str) -> None:
    assert _REMOTE.search(html)


@pytest.mark.parametrize(
    "html", ['<a href="https://example.com">', '<script src="assets/x.js">', '<link rel="icon" href="x.png">']
)
def test_links_and_files_of_the_site_are_fine(html: str) -> None:
    assert _REMOTE.search(html) is None
