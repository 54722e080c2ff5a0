"""A run of pytest in a process of its own, with our plugin: in this one, it may or may not be installed."""

import subprocess
import sys
from pathlib import Path

__all__ = ["run_pytest"]

_ROOT = Path(__file__).parents[2]
_PLUGINS = ["-p", "pytest_serverless_hub", "-p", "no:cacheprovider"]


def run_pytest(file: Path, asyncio_mode: str) -> str:
    """Run the tests in `file`, where warnings are errors, and return what pytest says."""
    options = ["-o", f"asyncio_mode={asyncio_mode}", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error"]
    done = subprocess.run(  # noqa: S603 - our own suite
        [sys.executable, "-m", "pytest", "-q", *_PLUGINS, *options, "-c", "/dev/null", f"--rootdir={_ROOT}", file],
        cwd=file.parent,
        env={"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return done.stdout + done.stderr
