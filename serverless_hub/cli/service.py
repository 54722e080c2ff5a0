"""`serverless-hub service`: the service as a process of its own."""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Literal

import typer
from rich.console import Console

from serverless_hub.cli.access_key import ACCESS_KEY_VARIABLE, DEVELOPMENT_KEY, choose_keys
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.listening import listen, resolve
from serverless_hub.cli.report import StartReport
from serverless_hub.cli.serving import log_to_stderr, serve
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.service_url import service_url
from serverless_hub.routing.redaction import install_redaction
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.asgi import App
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.local_only import LocalOnly
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.upstream_template import UpstreamTemplate

__all__ = ["service"]

_DEFAULT_PORT = 8888
"""That of Microsoft's emulator."""
_Started = Callable[[], None]


def service(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = _DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 is all.")] = "127.0.0.1",
    upstream: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where events go. {hub}, {category} and {event} in its path are replaced; without a path, it is an "
            "app with a HubRouter.",
        ),
    ] = None,
    access_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help=f"Signs tokens and events; others may be given that are taken, too. Better set {ACCESS_KEY_VARIABLE}: "
            "command lines are seen by others. Default: the emulator's well-known one, for this machine only.",
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where others reach it, for the connection string that is printed."),
    ] = None,
    allowed_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Whose web pages may connect, besides those of this machine. Repeatable."),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="On stderr; debug shows requests, too.")
    ] = "info",
    json_output: Annotated[bool, typer.Option("--json", help="Say on one line of JSON that it has started.")] = False,
) -> None:
    """Run a SignalR service in a process of its own, beside your app.

    Point the app at it with the connection string that it prints, in AzureSignalRConnectionString. One Ctrl+C or
    SIGTERM ends it, with exit code 0.
    """
    with exit_codes():
        address = resolve(host, port)
        keys = choose_keys(access_key or (), address.host, os.environ)
        template = None if upstream is None else UpstreamTemplate(upstream)
        url = None if public_url is None else service_url("--public-url", public_url)
        cors = CorsPolicy(allowed_origin or (), allow_loopback=True)
        try:
            listener, address = listen(address)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise OSError(f"cannot listen at port {port} of {host}: {reason}; --port says another") from error
        log_to_stderr(log_level)
        install_redaction()
        report = StartReport(address.url, url or address.url, keys[0], None if template is None else template.shown)
        with listener:
            serve(_app(keys, cors, template, lambda: _say(report, as_json=json_output)), listener)


def _app(
    keys: tuple[str, ...], cors: CorsPolicy, template: UpstreamTemplate | None, started: Callable[[], None]
) -> App:
    settings, client = ServiceSettings(), HttpClient()
    signalr = SignalRService(keys, settings, SystemClock(), cors)
    if template is not None:
        signalr.default_upstream = HttpUpstream(template, client, settings.upstream_timeout)
    app = ServiceApp(signalr, client, started)
    return LocalOnly(app, cors) if DEVELOPMENT_KEY in keys else app


def _say(report: StartReport, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(report.to_json() + "\n")
        sys.stdout.flush()
    else:
        report.print(Console())
