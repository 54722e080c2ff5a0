"""The lock that keeps the embedded service in one of several workers."""

import asyncio
import multiprocessing
import os
import signal
import stat
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.only_process import OnlyProcess, parent_of_siblings
from tests.support.clock import ManualClock, settle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tests hold locks of POSIX")
HUBS = ("chat", "news")
HOLDER = """
import asyncio, sys
from pathlib import Path
from serverless_hub.clock import SystemClock
from serverless_hub.service.only_process import OnlyProcess

lock = OnlyProcess(7, ["news", "Chat"], SystemClock(), Path(sys.argv[1]))
asyncio.run(lock.take())
print("taken", flush=True)
sys.stdin.read()
lock.give_back()
print("given back", flush=True)
sys.stdin.read()
"""
ROOT = Path(__file__).parents[2]


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@asynccontextmanager
async def sibling(folder: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Yield another process that has the lock."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(folder), cwd=ROOT, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"taken\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_second_process_is_refused_and_told_what_to_run_instead(tmp_path: Path) -> None:
    clock = ManualClock()
    lock = OnlyProcess(7, HUBS, clock, tmp_path)
    async with sibling(tmp_path):
        taking = asyncio.create_task(lock.take())
        await settle()
        await clock.advance(4.8)
        assert not taking.done()
        await clock.advance(1)
        with pytest.raises(ConfigurationError, match="run `serverless-hub service` beside your workers"):
            await taking
    lock.give_back()


async def test_a_process_that_follows_one_that_dies_gets_it(tmp_path: Path) -> None:
    clock = ManualClock()
    lock = OnlyProcess(7, HUBS, clock, tmp_path)
    async with sibling(tmp_path) as other:
        taking = asyncio.create_task(lock.take())
        await settle()
        assert not taking.done()
        other.send_signal(signal.SIGKILL)
        await other.wait()
        await clock.advance(0.2)
        await taking
    lock.give_back()
    assert files(tmp_path) == []


async def test_whoever_waits_gets_the_file_that_is_there_now(tmp_path: Path) -> None:
    lock = OnlyProcess(7, HUBS, SystemClock(), tmp_path)
    async with sibling(tmp_path) as other:
        assert other.stdin is not None
        other.stdin.close()
        async with asyncio.timeout(4):
            await lock.take()
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lock.give_back()


async def test_a_file_that_was_taken_away_meanwhile_counts_for_nothing(tmp_path: Path) -> None:
    class Away(OnlyProcess):
        def _open(self) -> int:
            file = super()._open()
            if not opened:
                opened.append(file)
                self._path.unlink()
                self._path.touch(0o600)
            return file

    opened: list[int] = []
    clock = ManualClock()
    lock = Away(7, HUBS, clock, tmp_path)
    taking = asyncio.create_task(lock.take())
    await settle()
    assert not taking.done()
    await clock.advance(0.2)
    await taking
    lock.give_back()


async def test_processes_with_other_hubs_or_another_parent_are_other_apps(tmp_path: Path) -> None:
    others = [OnlyProcess(7, ["game"], ManualClock(), tmp_path), OnlyProcess(8, HUBS, ManualClock(), tmp_path)]
    async with sibling(tmp_path):
        for lock in others:
            await lock.take()
            lock.give_back()


async def test_one_process_may_take_it_twice(tmp_path: Path) -> None:
    locks = [OnlyProcess(7, HUBS, ManualClock(), tmp_path) for _ in range(2)]
    for lock in locks:
        await lock.take()
    for lock in locks:
        lock.give_back()


@pytest.mark.parametrize("trap", ["link", "readable", "folder"])
async def test_a_file_that_somebody_else_may_have_put_there_is_refused(trap: str, tmp_path: Path) -> None:
    lock = OnlyProcess(7, HUBS, ManualClock(), tmp_path)
    await lock.take()
    (path,) = files(tmp_path)
    lock.give_back()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    if trap == "link":
        path.symlink_to(victim)
    elif trap == "readable":
        path.touch(0o644)
    else:
        path.mkdir()
    with pytest.raises(ConfigurationError, match="remove it, or set TMPDIR"):
        await lock.take()
    assert victim.read_text() == "precious"


def test_a_process_of_its_own_has_no_siblings_and_a_worker_of_gunicorn_has() -> None:
    assert parent_of_siblings({}) is None
    assert parent_of_siblings({"SERVER_SOFTWARE": "other/1"}) is None
    assert parent_of_siblings({"SERVER_SOFTWARE": "gunicorn/23.0.0"}) == os.getppid()


def test_a_child_of_multiprocessing_has_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(parent_of_siblings, ({},)) == os.getpid()
    monkeypatch.setattr("multiprocessing.parent_process", multiprocessing.current_process)
    assert parent_of_siblings({}) == os.getpid()
