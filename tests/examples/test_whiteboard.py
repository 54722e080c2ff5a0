"""The whiteboard's hub: what everybody sees, and what a latecomer gets."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client, connected
from tests.support.example import load_example
from tests.support.server import serving


@pytest.fixture
async def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    monkeypatch.setenv("WHITEBOARD_DATABASE", f"sqlite:///{tmp_path / 'board.db'}")
    async with serving(load_example("whiteboard.app").app) as served:
        yield served


def piece(*points: tuple[int, int], stroke: str | None = None) -> dict[str, Any]:
    """Return what a page sends."""
    return {"stroke": stroke or str(uuid4()), "color": 1, "width": 4, "points": [list(point) for point in points]}


async def picture(client: Client) -> list[Any]:
    """Return the pieces that a new client gets: those between the empty board and the list of people."""
    assert await client.call_of("cleared") == []
    pieces: list[Any] = []
    while True:
        message: Any = await client.receive()
        if message.target == "people":
            return pieces
        pieces += client.protocol.decode_value(message.arguments)[1]


async def test_others_see_a_stroke_at_once_and_latecomers_get_the_picture(url: str) -> None:
    first, second = piece((1, 2), (3, 4)), piece((5, 6))
    async with connected(url, "board", query="name=Ann") as ann, connected(url, "board", query="name=Ben") as ben:
        assert await picture(ben) == []
        for each in (first, second):
            assert (await ann.invoke("draw", each)).error is None
            assert await ben.call_of("drew") == ["Ann", [each]]
    async with connected(url, "board", query="name=Cleo") as cleo:
        assert await picture(cleo) == [first, second]


async def test_undo_takes_back_the_last_stroke_of_the_caller_with_all_its_pieces(url: str) -> None:
    kept, other = piece((1, 1)), piece((9, 9))
    undone = [piece((2, 2)), piece((3, 3))]
    undone[1]["stroke"] = undone[0]["stroke"]
    async with connected(url, "board", query="name=Ann") as ann, connected(url, "board", query="name=Ben") as ben:
        for each in (kept, *undone):
            await ann.invoke("draw", each)
        await ben.invoke("draw", other)
        await ann.invoke("undo")
        assert await ben.call_of("erased") == [undone[0]["stroke"]]
    async with connected(url, "board", query="name=Cleo") as cleo:
        assert await picture(cleo) == [kept, other]
        assert "nothing of yours" in str((await cleo.invoke("undo")).error)


async def test_clearing_clears_it_for_everybody(url: str) -> None:
    async with connected(url, "board", query="name=Ann") as ann, connected(url, "board", query="name=Ben") as ben:
        assert await picture(ben) == []
        await ann.invoke("draw", piece((1, 1)))
        await ann.invoke("clear")
        assert await ben.call_of("cleared") == []
    async with connected(url, "board", query="name=Cleo") as cleo:
        assert await picture(cleo) == []


async def test_the_picture_outlives_the_process(url: str) -> None:
    drawn = piece((1, 1))
    async with connected(url, "board", query="name=Ann") as ann:
        await ann.invoke("draw", drawn)
    async with serving(load_example("whiteboard.app").app) as again, connected(again, "board", query="name=Ben") as ben:
        assert await picture(ben) == [drawn]


@pytest.mark.parametrize(
    "wrong",
    [{"color": 8}, {"width": 0}, {"points": []}, {"points": [[1201, 0]]}, {"points": [[0, 0]] * 201}, {"stroke": "x"}],
)
async def test_what_is_no_piece_is_refused(url: str, wrong: dict[str, Any]) -> None:
    async with connected(url, "board", query="name=Ann") as ann:
        assert (await ann.invoke("draw", piece((1, 1)) | wrong)).error is not None


async def test_a_full_board_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHITEBOARD_DATABASE", f"sqlite:///{tmp_path / 'board.db'}")
    example = load_example("whiteboard.app")
    monkeypatch.setattr(example, "MOST_PIECES", 1)
    async with serving(example.app) as url, connected(url, "board", query="name=Ann") as ann:
        assert (await ann.invoke("draw", piece((1, 1)))).error is None
        assert "full" in str((await ann.invoke("draw", piece((2, 2)))).error)
