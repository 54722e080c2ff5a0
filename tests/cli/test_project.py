"""The project that `new` writes, in an environment of its own with the wheel of this package."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(os.path.realpath(__file__)).parents[2]
"""The checkout, where the folder of the tests is a link."""
LIMIT = 120


def run(folder: Path, *words: str) -> str:
    """Run a command to its good end, and return what it says."""
    hidden = {"PYTHONPATH", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS", "AzureSignalRConnectionString"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    ended = subprocess.run(  # noqa: S603 - ours
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return the programs of a fresh environment: the wheel is installed, what it needs is that of the tests."""
    run(ROOT, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False)
    programs = folder / "bin"
    python = str(programs / "python")
    run(tmp_path, sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--no-deps", str(wheel))
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "tests.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    return programs


@pytest.mark.requirement("process.new")
@pytest.mark.timeout(300)
def test_its_tests_pass_and_nothing_is_broken_where_only_the_wheel_is_installed(
    environment: Path, tmp_path: Path
) -> None:
    command = str(environment / "serverless-hub")
    said = run(tmp_path, command, "new", "live-wall")
    project = tmp_path / "live-wall"
    assert "live-wall" in said
    where = run(project, str(environment / "python"), "-c", "import serverless_hub; print(serverless_hub.__file__)")
    assert where.startswith(str(environment.parent))
    told = run(project, str(environment / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "3 passed" in told
    assert "Nothing is broken." in run(project, command, "doctor", "main:app")
