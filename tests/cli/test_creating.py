"""`serverless-hub new`: what it writes, and what it leaves alone."""

import base64
import hashlib
import json
import os
import tomllib
from pathlib import Path

import pytest

from serverless_hub.cli.creating import CLIENT_INTEGRITY, CLIENT_URL
from tests.cli.command import command

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples/chat/node_modules/@microsoft/signalr"
WRITTEN = [
    *(".gitignore", "README.md", "main.py", "page/index.html", "page/page.js", "page/style.css"),
    *("pyproject.toml", "test_main.py"),
]


def files_in(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


async def test_a_project_has_its_name_everywhere_and_no_mark_is_left(tmp_path: Path) -> None:
    document = (await command("new", "My_live-wall", "--dir", str(tmp_path), "--json")).document
    assert document == {"path": str(tmp_path / "My_live-wall"), "files": WRITTEN}
    texts = files_in(tmp_path / "My_live-wall")
    assert sorted(texts) == WRITTEN
    assert not any("__NAME__" in text or "__TITLE__" in text or "__CLIENT__" in text for text in texts.values())
    assert tomllib.loads(texts["pyproject.toml"])["project"]["name"] == "my-live-wall"
    assert "<h1>My live wall</h1>" in texts["page/index.html"]
    assert f'src="{CLIENT_URL}" integrity="{CLIENT_INTEGRITY}"' in texts["page/index.html"]
    assert f"curl -o page/signalr.min.js {CLIENT_URL}" in texts["README.md"]
    compile(texts["main.py"], "main.py", "exec")


async def test_it_says_what_to_do_next(tmp_path: Path) -> None:
    text = (await command("new", "wall", "--dir", str(tmp_path), COLUMNS="200")).text
    assert f"Wrote {tmp_path / 'wall'}" in text
    assert "serverless-hub dev main:app --open" in text


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (await command("new", "empty", "--dir", str(tmp_path))).code == 0
    before = files_in(tmp_path)
    (tmp_path / "file").write_text("mine", "utf-8")
    for name in ("empty", "file"):
        ran = await command("new", name, "--dir", str(tmp_path))
        assert ran.code == 2
        assert f"{name} is there already, and is left as it is" in ran.complaint
    assert files_in(tmp_path) == {**before, "file": "mine"}


async def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    ran = await command("new", "wall", "--dir", str(tmp_path / "file"))
    assert ran.code == 1


@pytest.mark.parametrize("name", ["", "3d", "a/b", "..", "a b", "ä", "x" * 65, "<b>"])
async def test_what_cannot_be_a_name_is_refused(name: str, tmp_path: Path) -> None:
    ran = await command("new", "--dir", str(tmp_path), "--", name)
    assert ran.code == 2
    assert "cannot be the name of a project" in ran.complaint
    assert files_in(tmp_path) == {}


@pytest.mark.node
@pytest.mark.skipif(not PACKAGE.is_dir() and os.environ.get("CI") != "true", reason="run `npm ci` in examples")
def test_the_page_loads_the_client_that_the_examples_install() -> None:
    version = json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"]
    client = (PACKAGE / "dist/browser/signalr.min.js").read_bytes()
    assert f"@microsoft/signalr@{version}/dist/browser/signalr.min.js" in CLIENT_URL
    digest = base64.b64encode(hashlib.sha384(client).digest()).decode()
    assert f"sha384-{digest}" == CLIENT_INTEGRITY
