"""Who may come in, and what was said: in SQLite."""

from collections.abc import Callable, Sequence
from time import time_ns

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

__all__ = ["Store", "StoredMessage", "User"]


class User(SQLModel, table=True):
    key: str = Field(primary_key=True)  # the name in one case, so that Ann and ANN cannot both be here
    name: str
    role: str
    password_hash: str
    generation: int = 0  # of the sessions: those of an earlier one count no more


class StoredMessage(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    author: str
    text: str
    at: int = Field(default_factory=lambda: time_ns() // 1_000_000)  # ms since the epoch, as JavaScript counts


class Store:
    """The database. Its methods wait for the disk: call them in a thread."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)

    def open(self) -> None:
        SQLModel.metadata.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def add_user(self, name: str, role: str, password_hash: str) -> User | None:
        """Add somebody; return None where the name is taken."""
        user = User(key=name.casefold(), name=name, role=role, password_hash=password_hash)
        with self._session() as session:
            session.add(user)
            try:
                session.commit()
            except IntegrityError:
                return None
            return user

    def user(self, name: str) -> User | None:
        with self._session() as session:
            return session.get(User, name.casefold())

    def has_admin(self) -> bool:
        with self._session() as session:
            return session.exec(select(User).where(User.role == "admin")).first() is not None

    def set_role(self, name: str, role: str) -> User | None:
        """Return whose role it is now, or None where there is nobody of that name."""
        return self._change(name, lambda user: setattr(user, "role", role))

    def end_sessions(self, name: str) -> User | None:
        """Make somebody sign in again everywhere; return who it is, or None where there is nobody of that name."""
        return self._change(name, lambda user: setattr(user, "generation", user.generation + 1))

    def add_message(self, author: str, text: str) -> StoredMessage:
        message = StoredMessage(author=author, text=text)
        with self._session() as session:
            session.add(message)
            session.commit()
            return message

    def messages(self, count: int) -> Sequence[StoredMessage]:
        """Return the last ones, the newest at the end."""
        with self._session() as session:
            return session.exec(select(StoredMessage).order_by(col(StoredMessage.id).desc()).limit(count)).all()[::-1]

    def remove_message(self, number: int) -> None:
        with self._session() as session:
            session.exec(delete(StoredMessage).where(col(StoredMessage.id) == number))
            session.commit()

    def _change(self, name: str, change: Callable[[User], None]) -> User | None:
        with self._session() as session:
            user = session.get(User, name.casefold())
            if user is not None:
                change(user)
                session.commit()
            return user

    def _session(self) -> Session:
        return Session(self._engine, expire_on_commit=False)  # what is returned can be read afterwards
