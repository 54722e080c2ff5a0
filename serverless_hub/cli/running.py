"""`serverless-hub run`: an app of ours under uvicorn, set up for SignalR."""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from serverless_hub.cli import service_options as given
from serverless_hub.cli.app_loading import load_app
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.listening import listen, resolve
from serverless_hub.cli.logs import log_to_stderr
from serverless_hub.cli.serving import AnnouncedServer, run_until_told, server_options
from serverless_hub.cli.tls import choose_tls
from serverless_hub.errors import ConfigurationError
from serverless_hub.routing.redaction import install_redaction
from serverless_hub.routing.shortcut import events_first

__all__ = ["run"]

_DEFAULT_PORT = 8000
"""That of uvicorn."""


def run(
    place: Annotated[str, typer.Argument(metavar="MODULE:APP", help="Where the app is, such as main:app.")],
    *,
    port: given.Port = _DEFAULT_PORT,
    host: given.Host = "127.0.0.1",
    root_path: Annotated[str, typer.Option(metavar="PATH", help="Where a proxy has put the app.")] = "",
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESSES", help="Proxies that are believed what they say of clients. Default: this machine."
        ),
    ] = None,
    tls_cert: given.TlsFile = None,
    tls_key: given.TlsFile = None,
    app_dir: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the module is looked for.", show_default="the working folder")
    ] = Path(),
    workers: given.Workers = 1,
    access_log: Annotated[bool, typer.Option(help="Log every request; without their tokens.")] = False,
    log_level: given.LogLevel = "info",
    log_json: given.LogJson = False,
    json_output: given.JsonOutput = False,
) -> None:
    """Run an app under uvicorn with HTTP and WebSockets that are made for SignalR.

    The WebSockets cost about a quarter of the CPU and a fifth of the memory of uvicorn's own, send no pings that some
    clients die of, and compress nothing; HTTP does what uvicorn's does, with less work for each request. One Ctrl+C or
    SIGTERM ends it, with exit code 0. For several processes, run it several times, beside `serverless-hub service` or
    Azure.
    """
    with exit_codes():
        if workers != 1:
            raise ConfigurationError(
                f"--workers {workers}: run it several times instead, at ports of their own behind a proxy, and beside "
                "serverless-hub service or Azure: an embedded service serves one process"
            )
        app = events_first(load_app(place, app_dir.resolve()))
        tls = choose_tls(tls_cert, tls_key)
        listener, address = listen(resolve(host, port))
        log_to_stderr(log_level, as_json=log_json)
        logging.getLogger("uvicorn.access").setLevel("INFO" if access_log else "WARNING")
        install_redaction()
        config = uvicorn.Config(
            app,
            access_log=access_log,
            root_path=root_path,
            forwarded_allow_ips=forwarded_allow_ips,
            **server_options(tls),
        )
        url = address.url if tls is None else address.url.replace("http", "https", 1)
        server = AnnouncedServer(config, lambda: _say(place, url, as_json=json_output))
        with listener:
            run_until_told(lambda: server.run(sockets=[listener]))


def _say(place: str, url: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"app": place, "url": url}) + "\n")
        sys.stdout.flush()
    else:
        Console().print(f"{place} at [bold]{url}[/] (Ctrl+C ends it)", soft_wrap=True)
