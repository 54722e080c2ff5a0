"""The process that serves the app for `serverless-hub dev`, until a file changes and another takes its place."""

import json
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
import uvicorn
from rich.console import Console
from rich.text import Text

from serverless_hub.cli.access_key import kept_access_key
from serverless_hub.cli.app_routers import import_app, routers_of
from serverless_hub.cli.app_services import services_of
from serverless_hub.cli.codes import FAILED
from serverless_hub.cli.described import describe
from serverless_hub.cli.dev_job import DevJob
from serverless_hub.cli.dev_report import DevReport
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.logs import log_to_stderr
from serverless_hub.cli.serving import AnnouncedServer, run_until_told, server_options
from serverless_hub.cli.user_errors import OwnLines
from serverless_hub.embedded import EmbeddedService
from serverless_hub.errors import ConfigurationError
from serverless_hub.routing.overview import RouterOverview
from serverless_hub.routing.redaction import install_redaction

__all__ = ["main", "work"]

_logger = logging.getLogger("serverless_hub.service")


def main(arguments: Sequence[str]) -> None:
    """Do the job that the only one of `arguments` has in JSON."""
    fields: dict[str, Any] = json.loads(arguments[0])
    job = DevJob(**fields)
    if job.lifeline is not None:
        threading.Thread(target=_end_with, args=[job.lifeline], daemon=True).start()
    try:
        with exit_codes(), suppress(KeyboardInterrupt):  # in an import, say
            work(job)
    except typer.Exit as ended:
        _say_waiting(job)
        sys.exit(ended.exit_code)


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def work(job: DevJob) -> None:
    """Serve the app until the process is told to end.

    Raises:
        ConfigurationError: the app cannot be served as it is set up.
        AppImportError: its module fails.
    """
    log_to_stderr(job.log_level)
    logging.getLogger("uvicorn.access").setLevel("INFO" if job.access_log else "WARNING")
    logging.getLogger("uvicorn.error").addFilter(OwnLines())
    install_redaction()
    app = import_app(job.place, Path(job.folder))
    routers = routers_of(job.place, app)
    services = services_of(routers, os.environ)
    _keep_keys(routers)
    docs: str | None = getattr(app, "docs_url", None)
    report = DevReport(job.place, job.url, services, describe(routers), docs, job.folder if job.reload else None)
    config = uvicorn.Config(app, access_log=job.access_log, **server_options(None))
    server = AnnouncedServer(config, lambda: _started(job, report))
    with socket.socket(fileno=os.dup(job.descriptor)) as listener:
        try:
            run_until_told(lambda: server.run(sockets=[listener]))
        except SystemExit:  # uvicorn has said why
            raise typer.Exit(FAILED) from None


def _keep_keys(routers: Sequence[RouterOverview]) -> None:
    """Let tokens and connection strings of the last process stay good for the next one."""
    for router in routers:
        if isinstance(router.default_service, EmbeddedService):
            try:
                router.default_service.keep_key(lambda: kept_access_key(os.environ).keys[0])
            except (ConfigurationError, OSError) as error:
                _logger.warning("clients have to negotiate again after a change: %s", error)


def _started(job: DevJob, report: DevReport) -> None:
    if job.as_json:
        sys.stdout.write(report.to_json() + "\n")
        sys.stdout.flush()
    elif job.first:
        report.print(Console())
    else:
        report.print_again(Console())
    if job.open and job.first:
        webbrowser.open(job.url)


def _say_waiting(job: DevJob) -> None:
    if job.reload:
        Console(stderr=True).print(Text("The next change starts it again. Ctrl+C ends it.", "dim"), soft_wrap=True)


if __name__ == "__main__":
    main(sys.argv[1:])
