import logging
from collections.abc import AsyncGenerator
from typing import Annotated

from anyio import from_thread
from fastapi import BackgroundTasks, Depends, FastAPI

from serverless_hub import EmbeddedService, HubRouter, InvocationContext, ServerlessHub

pages: list[str] = []
log_book: list[str] = []


# --8<-- [start:dependency]
class Notebook:
    """Stands for a database session."""

    def write(self, text: str) -> int:
        pages.append(text)
        return len(pages)

    def close(self) -> None:
        log_book.append("closed")


async def open_notebook() -> AsyncGenerator[Notebook]:
    notebook = Notebook()
    try:
        yield notebook
    finally:
        notebook.close()


OpenNotebook = Annotated[Notebook, Depends(open_notebook)]
# --8<-- [end:dependency]


# --8<-- [start:hub]
class Notes(ServerlessHub, naming="camel"):
    def __init__(self, notebook: OpenNotebook) -> None:
        self._notebook = notebook

    async def write(
        self,
        text: str,  # the only argument of the call
        *,
        context: InvocationContext,
        log: logging.Logger,
        background: BackgroundTasks,
    ) -> int:
        log.info("%s writes a note", context.connection_id)
        background.add_task(log_book.append, f"{context.event} is done")
        return self._notebook.write(text)

    # --8<-- [end:hub]
    # --8<-- [start:sync]
    def count_words(self) -> int:  # not async: runs in a worker thread
        words = sum(len(page.split()) for page in pages)
        from_thread.run(self.clients.caller.send, "counted", words)
        return words

    # --8<-- [end:sync]


app = FastAPI()
HubRouter(Notes, default_service=EmbeddedService()).install(app)
