"""What all examples share: their pages, and what their READMEs say of starting them."""

import base64
import hashlib
import json
import re
import sys
from importlib import import_module
from pathlib import Path

import aiohttp
import pytest
from fastapi import FastAPI

from examples.page import CDN, CDN_HASH, CLIENT
from tests.support.cheap_passwords import use_cheap_passwords
from tests.support.example import load_example
from tests.support.server import serving

_EXAMPLES = Path(__file__).parents[2] / "examples"
_READMES = {
    page.parent.name: page.with_name("README.md").read_text("utf-8") for page in sorted(_EXAMPLES.glob("*/index.html"))
}


@pytest.mark.parametrize("example", _READMES)
async def test_a_readme_starts_its_app_whose_page_lets_nothing_else_in(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WHITEBOARD_DATABASE", "CHAT_DATABASE"):
        monkeypatch.setenv(name, f"sqlite:///{tmp_path / 'example.db'}")
    (command,) = re.findall(r"\$ uvicorn (\S+)", _READMES[example])
    module, _, name = command.partition(":")
    if example == "chat_with_auth":
        use_cheap_passwords(monkeypatch)
        load_example("chat_with_auth.login")
    app = getattr(load_example(module.removeprefix("examples.")), name)
    assert isinstance(app, FastAPI)
    async with serving(app) as url, aiohttp.ClientSession() as http, http.get(url) as page:
        assert page.status == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        text = await page.text()
        for path in re.findall(r'(?:src|href)="(/[^"]+)"', text):
            async with http.get(url + path) as response:
                assert response.status == (200 if path != "/signalr.min.js" or CLIENT.exists() else 404), path
        assert not re.findall(r" style=| onclick=|<script>", text)


def test_every_example_with_a_readme_is_listed() -> None:
    listed = re.findall(r"\]\((\w+)/README.md\)", (_EXAMPLES / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(readme.parent.name for readme in _EXAMPLES.glob("*/README.md"))


def test_the_client_of_the_cdn_is_that_of_the_package() -> None:
    package = json.loads((_EXAMPLES / "package.json").read_text("utf-8"))
    assert f"@{package['dependencies']['@microsoft/signalr']}/" in CDN
    if not CLIENT.exists():
        pytest.skip("npm has not been run")
    digest = base64.b64encode(hashlib.sha384(CLIENT.read_bytes()).digest()).decode()
    assert f"sha384-{digest}" == CDN_HASH


async def test_without_the_package_the_page_takes_the_client_from_the_cdn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "page.py"
    copy.write_text((_EXAMPLES / "page.py").read_text("utf-8"), "utf-8")
    (tmp_path / "static").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "index.html").write_text("<!-- the SignalR client -->", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    app = FastAPI()
    import_module("page").add_page(app, tmp_path)
    async with serving(app) as url, aiohttp.ClientSession() as http:
        async with http.get(url) as page:
            assert f'src="{CDN}" integrity="{CDN_HASH}" crossorigin="anonymous"' in await page.text()
            assert f"script-src 'self' {CDN};" in page.headers["Content-Security-Policy"]
        async with http.get(f"{url}/signalr.min.js") as missing:
            assert (missing.status, "npm ci" in await missing.text()) == (404, True)
