"""What is built for others, and that it is what continuous integration tests."""

import os
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import serverless_hub

ROOT = Path(__file__).parents[1]
CHECKOUT = Path(os.path.realpath(__file__)).parents[1]
"""The same, where the folder of the tests is a link."""
SOURCES = {
    path.relative_to(CHECKOUT).as_posix()
    for path in (CHECKOUT / "serverless_hub").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
} | {"pytest_serverless_hub.py"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source distribution and the wheel that is built of that."""
    folder = tmp_path_factory.mktemp("dist")
    _build(CHECKOUT, folder, "sdist")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    _build(unpacked, folder, "wheel")
    return folder


def _build(source: Path, folder: Path, target: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    done = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)  # noqa: S603 - fixed
    assert done.returncode == 0, done.stderr


def members(built: Path, pattern: str) -> dict[str, str]:
    """Return the files of the one archive by their names, those below its top folder without that."""
    (archive,) = built.glob(pattern)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name).decode("utf-8", "replace") for name in wheel.namelist()}
    with tarfile.open(archive) as file:
        files = [member for member in file.getmembers() if member.isfile()]
        return {member.name.partition("/")[2]: "" for member in files}


def test_the_wheel_has_the_package_and_nothing_else(built: Path) -> None:
    names = members(built, "*.whl").keys()
    assert {name for name in names if ".dist-info/" not in name} == SOURCES
    assert "serverless_hub/py.typed" in names


def test_the_wheel_says_what_it_is(built: Path) -> None:
    files = members(built, "*.whl")
    about = {name.partition(".dist-info/")[2]: text for name, text in files.items() if ".dist-info/" in name}
    assert about.keys() == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert about["licenses/LICENSE"].startswith("MIT License\n")
    assert "serverless-hub = serverless_hub.cli.main:main" in about["entry_points.txt"]
    metadata = Parser().parsestr(about["METADATA"])
    assert metadata["License-Expression"] == "MIT"
    assert {"cli", "azure", "metrics", "otel"} <= set(metadata.get_all("Provides-Extra", []))


def test_the_source_distribution_has_what_the_wheel_is_made_of(built: Path) -> None:
    about = {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert members(built, "*.tar.gz").keys() == SOURCES | about


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="daily work is done with the checkout")
def test_continuous_integration_tests_the_wheel_and_not_the_checkout() -> None:
    show = "import serverless_hub; print(serverless_hub.__file__)"
    elsewhere = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", show],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    for file in (serverless_hub.__file__, elsewhere.stdout.strip()):
        assert "site-packages" in Path(file).parts, "run the tests as `make test` does: with scripts/installed"
        assert not Path(file).is_relative_to(CHECKOUT / "serverless_hub")
