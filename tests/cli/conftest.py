"""Modules of users."""

import sys
from pathlib import Path

import pytest

from tests.cli.app_folder import WriteModule


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteModule:
    """Return what writes a module with a text into a fresh folder, and returns that."""

    def write(name: str, text: str) -> Path:
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
        return tmp_path

    return write
