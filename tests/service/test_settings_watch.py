"""A settings file that changes while the service runs."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_watch import SettingsWatch, load_settings
from serverless_hub.service.upstream_rules import UpstreamRules
from tests.support.clock import ManualClock


def settings(host: str) -> str:
    return f'{{"UpstreamSettings": {{"Templates": [{{"UrlTemplate": "http://{host}/"}}]}}}}'


class Watched:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock()
        self.applied: list[str] = []
        self.watch = SettingsWatch(path, lambda _: None, self.clock, self.apply)

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def replace(self, text: str) -> None:
        other = self.path.with_suffix(".new")
        other.write_text(text)
        other.replace(self.path)

    def remove(self) -> None:
        self.path.unlink()

    def apply(self, rules: UpstreamRules) -> None:
        self.applied += [rule.template.shown for rule in rules.rules]


@contextmanager
def watched(path: Path) -> Generator[Watched]:
    made = Watched(path)
    made.watch.start()
    try:
        yield made
    finally:
        made.watch.stop()
    assert [timer for timer in made.clock.timers if not timer.cancelled] == []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "settings.json"
    made.write_text(settings("first"))
    return made


async def test_a_change_is_taken_over_within_a_second_and_once(path: Path) -> None:
    with watched(path) as file:
        file.write(settings("second"))
        await file.clock.advance(0.9)
        assert file.applied == ["http://first/"]
        await file.clock.advance(0.1)
        assert file.applied == ["http://first/", "http://second/"]
        await file.clock.advance(10)
        assert len(file.applied) == 2


async def test_a_file_that_is_replaced_or_comes_back_is_taken_over(path: Path) -> None:
    with watched(path) as file:
        file.replace(settings("other"))
        await file.clock.advance(1)
        file.remove()
        await file.clock.advance(1)
        file.write(settings("again"))
        await file.clock.advance(1)
        assert file.applied == ["http://first/", "http://other/", "http://again/"]


@pytest.mark.requirement("process.settings-file")
async def test_what_cannot_be_used_changes_nothing_and_is_said_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def complaints() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]

    with watched(path) as file:
        file.write(settings("ann:swordfish@half")[:-5])
        await file.clock.advance(5)
        (said,) = complaints()
        assert said.startswith(f"the upstream templates stay as they were: {path}: it is not JSON: ")
        assert "swordfish" not in said
        file.write("{}")
        await file.clock.advance(5)
        assert "it has no UpstreamSettings" in complaints()[1]
        file.remove()
        await file.clock.advance(5)
        assert complaints()[2].endswith(f"{path} cannot be read: No such file or directory")
        assert len(complaints()) == 3
        assert file.applied == ["http://first/"]
        file.write(settings("first"))
        await file.clock.advance(1)
        assert file.applied == ["http://first/", "http://first/"]


async def test_after_its_end_it_looks_no_more(path: Path) -> None:
    with watched(path) as file:
        pass
    file.watch.stop()
    file.write(settings("second"))
    await file.clock.advance(10)
    assert file.applied == ["http://first/"]


def test_a_file_that_is_too_large_is_not_read_whole(path: Path) -> None:
    path.write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(ConfigurationError, match="has more than 1048576 bytes"):
        load_settings(path, lambda _: None)
    path.write_bytes(settings("first").encode().ljust(1024 * 1024))
    assert len(load_settings(path, lambda _: None).rules) == 1
