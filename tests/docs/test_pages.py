"""What holds for all pages: their code is that of files which tests run, and they need no network."""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serverless_hub.cli.commands import app as command_line
from tests.docs.pages import DOCS, ROOT, blocks, pages

_INCLUDE = re.compile(r'--8<-- "(?P<file>[^":]+)(?::[a-z-]+)?"\n')
_REMOTE = re.compile(
    r"""<(?:script|img|iframe)[^>]*\ssrc=["']?(?:https?:)?//|<link(?=[^>]*stylesheet|[^>]*preconnect)[^>]*\shref=["']?(?:https?:)?//"""
)
_SNIPPETS = ROOT / "examples" / "snippets"
_INCLUDED = {"csharp", "dockerfile", "html", "ini", "nginx", "python"}
"""Languages of which every block is a file, or a part of one, that a test runs."""
_CHECKED = {"js", "json", "sh"}
"""Languages whose blocks may stand in a page: tests parse them, and look up what they name."""
_OUTPUT = {"text"}
"""What a program prints, or what goes over the wire: no code. The tests of the page compare it."""
_TOOLS = {"./azure_signalr.sh", "az", "code=$(openssl", "key=$(openssl", "curl", "export", "openssl", "printf", "sudo"}
"""Commands of a block that are not ours."""
_PROVEN_ELSEWHERE = {
    "reference/azure-parity.md": "generated from the requirements, each of which has tests: tests/conformance",
}
"""Pages without tests of their own, and why."""


def included() -> set[str]:
    return {found["file"] for text in pages().values() for found in _INCLUDE.finditer(text)}


def blocks_of(*languages: str) -> list[tuple[str, str]]:
    """Return page and text of every block that is not included."""
    return [
        (name, block.text)
        for name, text in pages().items()
        for block in blocks(text)
        if block.language in languages and not _INCLUDE.fullmatch(block.text)
    ]


def sources_of_tests() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")}


@pytest.mark.parametrize("name", pages())
def test_code_in_a_page_is_included_from_an_example_or_a_test(name: str) -> None:
    for block in blocks(pages()[name]):
        if block.language in _INCLUDED:
            found = _INCLUDE.fullmatch(block.text)
            assert found is not None, block.text
            assert found["file"].startswith(("examples/", "tests/docs/test_"))


def test_other_blocks_are_checked_or_are_output() -> None:
    found = {block.language for text in pages().values() for block in blocks(text)}
    assert found <= _INCLUDED | _CHECKED | _OUTPUT
    starts = sum(len(re.findall(r"^ *```\S", text, re.MULTILINE)) for text in pages().values())
    assert starts == sum(1 for text in pages().values() for _ in blocks(text)), (
        "a block without a language, or indented"
    )


def test_every_included_file_is_run_or_read_by_a_test() -> None:
    trees = [ast.parse(text) for text in sources_of_tests().values()]
    imports = [node for tree in trees for node in tree.body if isinstance(node, ast.ImportFrom)]
    modules = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    texts = "\n".join(text for name, text in sources_of_tests().items() if name != Path(__file__).name)
    for name in included():
        path = Path(name)
        is_run = ".".join(path.with_suffix("").parts) in modules or name.startswith(("tests/docs/test_", "benchmarks/"))
        # What is no module, or no module that can be imported as it is, is read by its name and that of its folder.
        assert is_run or (path.name in texts and path.parent.name.partition("_")[0] in texts), name


@pytest.mark.parametrize(("name", "text"), blocks_of("json"))
def test_json_in_a_page_is_json(name: str, text: str) -> None:
    json.loads(text)


@pytest.mark.parametrize(("name", "text"), blocks_of("sh"))
def test_commands_in_a_page_are_commands_that_there_are(name: str, text: str) -> None:
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)  # noqa: S607 - whichever shell there is
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.match(r"[A-Za-z_]+=(?!\$\()", words[0]):  # settings of this command, or of the page
            words.pop(0)
        if words and words[0] not in _TOOLS:
            check_command(words)


def check_command(words: list[str]) -> None:
    """Check what a command names: its options, its file, its module, its target."""
    match words:
        case ["serverless-hub", *arguments]:
            result = CliRunner().invoke(command_line, [*arguments, "--help"])
            assert result.exit_code == 0, result.output
        case ["uvicorn", *arguments]:
            folder = arguments[arguments.index("--app-dir") + 1] if "--app-dir" in arguments else "examples/quickstart"
            module = next(word for word in arguments if ":" in word and not word.startswith("-"))
            assert (ROOT / folder / module.partition(":")[0]).with_suffix(".py").is_file(), words
        case ["python", file, *_]:
            assert (ROOT / file).is_file(), words
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), words
        case ["pip", "install", *packages]:
            assert all(re.fullmatch(r"\.(\[cli\])?|'\.\[cli\]'", package) for package in packages), words
        case _:
            pytest.fail(f"nobody knows {words[0]!r}")


def test_every_page_has_tests_of_what_it_claims() -> None:
    headings = [ast.get_docstring(ast.parse(text)) or "" for text in sources_of_tests().values()]
    untested = {name for name in pages() if not any(f"`{name}`" in heading for heading in headings)}
    assert untested == _PROVEN_ELSEWHERE.keys()


def test_every_snippet_stands_in_a_page() -> None:
    assert {f"examples/snippets/{path.name}" for path in _SNIPPETS.iterdir() if path.is_file()} == {
        name for name in included() if name.startswith("examples/snippets/")
    }


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


@pytest.mark.parametrize("picture", sorted(path.name for path in (DOCS / "images").glob("*.png")))
def test_a_screenshot_stands_in_a_page_says_what_it_shows_and_is_small(picture: str) -> None:
    shown = [found for text in pages().values() for found in re.findall(rf"!\[(.*)\]\([./]*images/{picture}", text)]
    assert shown
    assert all(shown)
    assert (DOCS / "images" / picture).stat().st_size < 100_000


@pytest.mark.timeout(180)  # it is most of the work of all tests here
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
