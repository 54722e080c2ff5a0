"""`serverless-hub service`: the service as a process of its own."""

import os
import sys

import typer
from rich.console import Console

from serverless_hub.cli import service_options as given
from serverless_hub.cli.access_key import choose_keys
from serverless_hub.cli.building import ServicePlan, build_app
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.limits import read_settings_options
from serverless_hub.cli.listening import listen, resolve
from serverless_hub.cli.logs import log_to_stderr
from serverless_hub.cli.report import StartReport
from serverless_hub.cli.serving import serve
from serverless_hub.cli.tls import choose_tls
from serverless_hub.cli.upstreams import choose_upstreams, explain_event
from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.service_url import service_url
from serverless_hub.routing.redaction import install_redaction

__all__ = ["service"]


def service(
    context: typer.Context,
    *,
    port: given.Port = given.DEFAULT_PORT,
    host: given.Host = "127.0.0.1",
    upstream: given.Upstream = None,
    settings: given.SettingsPath = None,
    explain: given.Explain = None,
    upstream_timeout: given.UpstreamTimeout = 100.0,
    upstream_connections: given.UpstreamConnections = 512,
    upstream_retries: given.UpstreamRetries = 0,
    access_key: given.AccessKey = None,
    generate_key: given.GenerateKey = False,
    public_url: given.PublicUrl = None,
    allowed_origin: given.AllowedOrigin = None,
    tls_cert: given.TlsFile = None,
    tls_key: given.TlsFile = None,
    workers: given.Workers = 1,
    set_setting: given.SetSetting = None,
    metrics: given.MetricsOption = False,
    tracing: given.TracingOption = False,
    log_level: given.LogLevel = "info",
    log_json: given.LogJson = False,
    json_output: given.JsonOutput = False,
) -> None:
    """Run a SignalR service in a process of its own, beside your app.

    Point the app at it with the connection string that it prints, in AzureSignalRConnectionString. One Ctrl+C or
    SIGTERM ends it, with exit code 0.
    """
    if context.invoked_subcommand is not None:
        return
    with exit_codes():
        _check_workers(workers)
        address = resolve(host, port)
        keys = choose_keys(access_key or (), address.host, os.environ, generate=generate_key)
        plan = ServicePlan(
            keys=keys.keys,
            cors=CorsPolicy(allowed_origin or (), allow_loopback=True),
            upstreams=choose_upstreams(upstream, settings, os.environ.get),
            settings=read_settings_options(set_setting or (), upstream_timeout=upstream_timeout),
            connections=upstream_connections,
            retries=upstream_retries,
            metrics=metrics,
            tracing=tracing,
        )
        explained = tuple(explain_event(text, plan.upstreams.rules) for text in explain or ())
        tls = choose_tls(tls_cert, tls_key)
        url = None if public_url is None else service_url("--public-url", public_url)
        app = build_app(plan, lambda: _say(report, as_json=json_output))
        listener, address = listen(address)
        here = address.url if tls is None else address.url.replace("http", "https", 1)
        report = StartReport(here, url or here, plan.keys[0], plan.upstreams, explained, keys.path)
        log_to_stderr(log_level, as_json=log_json)
        install_redaction()
        with listener:
            serve(app, listener, tls)


def _check_workers(number: int) -> None:
    if number != 1:
        raise ConfigurationError(
            f"--workers {number}: all connections live in the memory of one process, so that it has to be 1; run your "
            "app with as many workers as you like beside it"
        )


def _say(report: StartReport, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(report.to_json() + "\n")
        sys.stdout.flush()
    else:
        report.print(Console())
