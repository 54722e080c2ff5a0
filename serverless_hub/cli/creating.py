"""`serverless-hub new`: a small project to begin with."""

import re
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.options import AsJson
from serverless_hub.cli.output import say
from serverless_hub.errors import ConfigurationError

__all__ = ["CLIENT_INTEGRITY", "CLIENT_URL", "create", "new"]

CLIENT_URL = "https://cdn.jsdelivr.net/npm/@microsoft/signalr@10.0.11/dist/browser/signalr.min.js"
CLIENT_INTEGRITY = "sha384-N+pL/4qXZHZcvsa6hVMd5/7cdF3lC59ZMNHeQyRo5q9jmC7yw0hcJILPjUDSU7ZS"
"""Of that file, which is the one in the npm package."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_FILES = {
    "main.py": "main.py.txt",
    "test_main.py": "test_main.py.txt",
    "page/index.html": "index.html",
    "page/page.js": "page.js",
    "page/style.css": "style.css",
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
}
"""Where each file comes to, and what it is called in the folder `project` beside this module."""


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the project, and of its folder.")],
    *,
    parent: Annotated[
        Path,
        typer.Option("--dir", metavar="FOLDER", help="Where its folder is made.", show_default="the working folder"),
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a small project: a hub, a page that talks to it, tests that pass, and a README.

    Nothing is overwritten: a folder of that name has to be empty, or not there.
    """
    with exit_codes():
        folder = create(name, parent)
    text = f"""Wrote {folder}. Start it, and open its page:

  cd {shlex.quote(str(folder))}
  serverless-hub dev main:app --open

and its tests, where pytest and pytest-asyncio are installed:

  pytest
"""
    say(text, {"path": str(folder), "files": sorted(_FILES)}, as_json=as_json)


def create(name: str, parent: Path) -> Path:
    """Write the project `name` into a new folder below `parent`, and return that.

    Raises:
        ConfigurationError: a name that is none, or there is something in its place.
        OSError: it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be the name of a project: begin with a letter, and go on with letters, digits, - and _"
        )
    folder = parent / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already, and is left as it is: take another name, or --dir")
    title = re.sub(r"[-_]+", " ", name).strip()
    values = {
        "__NAME__": name.lower().replace("_", "-").strip("-"),
        "__TITLE__": title[:1].upper() + title[1:],
        "__CLIENT__": CLIENT_URL,
        "__INTEGRITY__": CLIENT_INTEGRITY,
    }
    for place, source in _FILES.items():
        text = files("serverless_hub.cli").joinpath("project", source).read_text("utf-8")
        for mark, value in values.items():
            text = text.replace(mark, value)
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
