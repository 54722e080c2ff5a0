"""Answers that arrive word by word, several at once. Run `uvicorn examples.llm_tokens.app:app`."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

from fastapi import FastAPI

from examples.llm_tokens.babble import babble
from examples.page import add_page
from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub, ServiceError

log = logging.getLogger(__name__)
HERE: Final = Path(__file__).parent
PAUSE: Final = float(os.environ.get("SECONDS_PER_WORD", "0.07"))
MOST_AT_ONCE: Final = 4  # answers of one connection
LONGEST_QUESTION: Final = 500
LONGEST_ID: Final = 40

End = Literal["complete", "stopped", "failed"]


class TokensClient(Protocol):
    """What the page can be told. The hub sends words as calls, as streams do not exist in serverless mode."""

    async def words(self, answer: str, start: int, text: str) -> None: ...
    async def ended(self, answer: str, how: End) -> None: ...


class Answers:
    """The answers that are being written, each in a task of its own: a method that took as long would block the line.

    They live in ONE process: the one that hears `stop` has to be the one that writes.
    """

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def start(self, connection: str, answer: str, question: str) -> None:
        """Start to write; raise `HubException` where that is too much for one connection."""
        if (connection, answer) in self._tasks:
            raise HubException("This answer is being written already.")
        if len(self._of(connection)) >= MOST_AT_ONCE:
            raise HubException(f"{MOST_AT_ONCE} answers at once are enough. Stop one first.")
        task = asyncio.create_task(_write(connection, answer, question))
        self._tasks[connection, answer] = task
        task.add_done_callback(lambda _: self._tasks.pop((connection, answer), None))

    def stop(self, connection: str, answer: str) -> None:
        """Stop an answer, if it is still being written; only the connection that asked for it can name it."""
        if task := self._tasks.get((connection, answer)):
            task.cancel()

    async def stop_all(self, connection: str | None = None) -> None:
        """Stop the answers of one connection, or all there are, and wait until they have ended."""
        tasks = self._of(connection)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _of(self, connection: str | None) -> list[asyncio.Task[None]]:
        return [task for (owner, _), task in self._tasks.items() if connection in (None, owner)]


answers = Answers()


async def _write(connection: str, answer: str, question: str) -> None:
    client = tokens.clients.client(connection)
    how: End
    try:
        for start, word in enumerate(babble(question)):
            await client.words(answer, start, word)
            await asyncio.sleep(PAUSE)
        how = "complete"
    except asyncio.CancelledError:
        how = "stopped"
    except ServiceError:
        log.exception("an answer broke off")
        how = "failed"
    await client.ended(answer, how)


# --- The hub ---------------------------------------------------------------------------------------------------------


class Tokens(ServerlessHub[TokensClient], naming="camel"):
    async def ask(self, answer: str, question: str) -> None:
        """Start an answer. Its id comes from the page, which can so show its words and stop it without waiting."""
        if not 1 <= len(answer) <= LONGEST_ID:
            raise HubException(f"An id has 1 to {LONGEST_ID} characters.")
        if not 1 <= len(question.strip()) <= LONGEST_QUESTION:
            raise HubException(f"A question has 1 to {LONGEST_QUESTION} characters.")
        answers.start(self.context.connection_id, answer, question.strip())

    async def stop(self, answer: str) -> None:
        answers.stop(self.context.connection_id, answer)

    async def on_disconnected(self) -> None:
        await answers.stop_all(self.context.connection_id)  # nobody would read on


# --- The application -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    yield
    await answers.stop_all()


app = FastAPI(title="Words as they come", lifespan=lifespan)
add_page(app, HERE)

# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
router = HubRouter(Tokens, default_service=EmbeddedService())
tokens = router.context(Tokens)  # to send from outside of the hub's methods
router.install(app)  # last, so that everything above stands
