"""What the whiteboard remembers: the picture, piece by piece, in SQLite."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limits
from sqlalchemy import JSON, delete, func
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

__all__ = ["HEIGHT", "WIDTH", "Piece", "Store", "StoredPiece"]

WIDTH = 1200  # of the board; every page scales it to its window
HEIGHT = 1000

Point = tuple[Annotated[int, Limits(ge=0, le=WIDTH)], Annotated[int, Limits(ge=0, le=HEIGHT)]]


class Piece(SQLModel):
    """What a pen drew within a few hundredths of a second; the pieces of a stroke begin where the last one ended.

    It comes and goes over the wire as it is, and `StoredPiece` is its table: one class says what a piece has.
    """

    stroke: UUID = Field(index=True)
    color: int = Field(ge=0, le=7)  # a place in the palette: each page has its own shades, for light and dark
    width: int = Field(ge=1, le=60)
    points: list[Point] = Field(min_length=1, max_length=200, sa_type=JSON)


class StoredPiece(Piece, table=True):
    id: int | None = Field(default=None, primary_key=True)
    author: str = Field(index=True)


class Store:
    """The pieces of one board. Its methods wait for the disk: call them in a thread."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)

    def open(self) -> None:
        SQLModel.metadata.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def add(self, author: str, piece: Piece) -> None:
        with Session(self._engine) as session:
            session.add(StoredPiece(author=author, **piece.model_dump()))
            session.commit()

    def count(self) -> int:
        with Session(self._engine) as session:
            return session.exec(select(func.count()).select_from(StoredPiece)).one()

    def pieces(self) -> Sequence[Piece]:
        """Return the whole picture, in the order in which it was drawn."""
        with Session(self._engine) as session:
            rows = session.exec(select(StoredPiece).order_by(col(StoredPiece.id)))
            return [Piece.model_validate(row, from_attributes=True) for row in rows]

    def undo(self, author: str) -> UUID | None:
        """Forget an author's last stroke, and return which it was."""
        last = select(StoredPiece.stroke).where(StoredPiece.author == author).order_by(col(StoredPiece.id).desc())
        with Session(self._engine) as session:
            stroke = session.exec(last).first()
            if stroke is not None:
                session.exec(
                    delete(StoredPiece).where(col(StoredPiece.stroke) == stroke, col(StoredPiece.author) == author)
                )
                session.commit()
            return stroke

    def clear(self) -> None:
        with Session(self._engine) as session:
            session.exec(delete(StoredPiece))
            session.commit()
