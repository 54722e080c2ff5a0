"""Claims of `explanation/architecture.md`: the floors are those that are enforced."""

import re
import tomllib
from pathlib import Path

import serverless_hub
from tests.docs.pages import DOCS, ROOT, cells


def enforced() -> list[list[str]]:
    """Return the floors from top to bottom, each with the packages on it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers: list[str] = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [re.findall(r"\w+", layer) for layer in layers]


def test_the_floors_of_the_table_are_in_the_order_that_is_enforced() -> None:
    place = {name: number for number, names in enumerate(enforced()) for name in names}
    rows = [re.findall(r"`(\w+)`", row[0]) for row in list(cells("explanation/architecture.md", "The floors"))[1:]]
    numbers = [place[name] for names in rows for name in names]
    assert numbers == sorted(numbers)
    assert all(
        (Path(serverless_hub.__file__).parent / name).is_dir()
        for names in rows[:6]
        for name in names
        if name != "embedded"
    )


def test_every_floor_of_the_table_is_in_the_picture() -> None:
    picture = (DOCS / "images/floors.svg").read_text("utf-8")
    named = {
        name for row in cells("explanation/architecture.md", "The floors") for name in re.findall(r"`(\w+)`", row[0])
    }
    assert {name for name in named - {"http_client"} if name not in picture} == set()
