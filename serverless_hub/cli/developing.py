"""`serverless-hub dev`: an app with its embedded service, started again at every change."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from watchfiles import PythonFilter, watch

from serverless_hub.cli import service_options as given
from serverless_hub.cli.app_loading import place_parts
from serverless_hub.cli.app_routers import AppFolder, Place
from serverless_hub.cli.dev_job import DevJob
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.listening import listen, resolve
from serverless_hub.cli.restarting import Restarting
from serverless_hub.cli.serving import run_until_told
from serverless_hub.errors import ConfigurationError

__all__ = ["SourceFilter", "dev"]

_DEFAULT_PORT = 8000
"""That of uvicorn."""
_WORKER = "serverless_hub.cli.dev_worker"
_QUIET_MILLISECONDS = 100
"""Editors write a file in several steps."""


class SourceFilter(PythonFilter):
    """Takes changes of Python files, but of those that are installed, in an environment of whatever name."""

    ignore_dirs: Sequence[str] = (*PythonFilter.ignore_dirs, "site-packages")


def dev(
    place: Place,
    *,
    port: given.Port = _DEFAULT_PORT,
    host: given.Host = "127.0.0.1",
    open_page: Annotated[bool, typer.Option("--open", help="Open the app's page in your browser.")] = False,
    reload: Annotated[bool, typer.Option(help="Start the app again when a file of it changes.")] = True,
    app_dir: AppFolder = Path(),
    access_log: Annotated[bool, typer.Option(help="Log every request; without their tokens.")] = False,
    log_level: given.LogLevel = "info",
    json_output: given.JsonOutput = False,
) -> None:
    """Run an app with its embedded service, and start it again whenever a Python file below its folder changes.

    Clients that reconnect do so by themselves. An app that cannot be started waits for the next change. It is for
    development, on one machine; see serverless-hub run for more.
    """
    with exit_codes():
        place_parts(place)  # no change of a file would mend it
        folder = app_dir.resolve()
        if not folder.is_dir():
            raise ConfigurationError(f"--app-dir {app_dir} is no folder")
        listener, address = listen(resolve(host, port))
        with listener:
            job = DevJob(
                place=place,
                folder=str(folder),
                descriptor=listener.fileno(),
                url=address.url,
                reload=reload,
                first=True,
                open=open_page,
                access_log=access_log,
                log_level=log_level,
                as_json=json_output,
            )
            if reload:
                _keep_running(job)
            else:
                from serverless_hub.cli.dev_worker import work  # noqa: PLC0415 - other commands start faster without

                work(job)


def _keep_running(job: DevJob) -> None:
    lifeline, held = os.pipe()  # Nobody writes: it ends when this process is gone.
    try:
        job = replace(job, lifeline=lifeline)
        restarting = Restarting(lambda first: _command(job, first=first), [job.descriptor, lifeline])
        run_until_told(lambda: restarting.run(_changes(Path(job.folder))))
    finally:
        os.close(lifeline)
        os.close(held)


def _command(job: DevJob, *, first: bool) -> list[str]:
    return [sys.executable, "-m", _WORKER, replace(job, first=first).to_json()]


def _changes(folder: Path) -> Iterator[object]:
    # Without raise_interrupt, a Ctrl+C would only end the changes.
    return watch(folder, watch_filter=SourceFilter(), step=_QUIET_MILLISECONDS, raise_interrupt=True)
