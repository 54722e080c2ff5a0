"""`serverless-hub doctor`: what keeps an app from working, and what to do about it."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from serverless_hub.cli.app_checks import check_app, check_endpoints, load_checked
from serverless_hub.cli.app_routers import AppFolder
from serverless_hub.cli.app_services import UsedService
from serverless_hub.cli.arguments import read_headers
from serverless_hub.cli.codes import FAILED
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.findings import Finding, broken, print_findings, weak
from serverless_hub.cli.live_checks import LiveChecks
from serverless_hub.cli.options import AsJson, HeaderOption
from serverless_hub.cli.output import say
from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.http_client import HttpClient
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.service_url import service_url
from serverless_hub.protocol.upstream import WEBHOOK_PATH
from serverless_hub.routing.overview import RouterOverview

__all__ = ["doctor"]

_ANY_HUB = "doctor"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked, of whom."""

    services: Sequence[tuple[str, str, Endpoint]]
    """Setting, a hub, endpoint."""
    url: str | None
    webhooks: Sequence[str]
    hubs: Sequence[str]
    """Paths of hubs below the URL."""
    origin: str | None


def doctor(
    place: Annotated[
        str | None,
        typer.Argument(metavar="[MODULE:APP]", help="Where the app is, such as main:app.", show_default=False),
    ] = None,
    *,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where the app runs.", show_default=False)] = None,
    hub: Annotated[
        list[str] | None, typer.Option(help="Of the app that runs, where no MODULE:APP says them. Repeatable.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="ORIGIN", help="Of a page that is to connect, as https://www.example.com.")
    ] = None,
    header: HeaderOption = None,
    app_dir: AppFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Look for what keeps an app from working, and say of each thing what to do about it.

    Without arguments, the settings are checked, and the service that they name. With MODULE:APP, the app is imported,
    and its hubs, names, keys and proofs are checked, too. With --url, a client connects to each hub of the app that
    runs there. Exit code 1 says that something is broken.
    """
    with exit_codes():
        headers = read_headers(header or ())
        base = None if url is None else service_url("--url", url)
        routers, findings = ([], []) if place is None else load_checked(place, app_dir)
        if place is None:
            services, more = _from_settings() if base is None else ([], [])
        else:
            used, more = check_app(routers, os.environ)
            services = [_asked(each, endpoint) for each in used for endpoint in each.endpoints]
        plan = _Plan(services, base, _webhooks(routers), _hubs(routers, hub or ()), origin)
        findings = [*findings, *more, *asyncio.run(_ask(plan, headers))]
    if as_json:
        say("", [finding.to_dict() for finding in findings], as_json=True)
    else:
        print_findings(Console(), findings)
    if any(finding.level == "broken" for finding in findings):
        raise typer.Exit(FAILED)


def _from_settings() -> tuple[list[tuple[str, str, Endpoint]], list[Finding]]:
    setting = CONNECTION_STRING_SETTING
    try:
        endpoints = read_endpoints(setting)
    except ConfigurationError as error:
        return [], [broken("settings", "the settings do not work", str(error))]
    if not endpoints:
        fix = (
            f"set {setting}, or use HubRouter(..., default_service=EmbeddedService()) and name the app: doctor main:app"
        )
        return [], [weak("settings", f"{setting} is not set", fix)]
    return [(setting, _ANY_HUB, each) for each in endpoints], [*check_endpoints(setting, endpoints)]


def _asked(used: UsedService, endpoint: Endpoint) -> tuple[str, str, Endpoint]:
    return used.setting, used.hubs[0], endpoint


def _webhooks(routers: Sequence[RouterOverview]) -> list[str]:
    return [router.webhook for router in routers] or [WEBHOOK_PATH]


def _hubs(routers: Sequence[RouterOverview], named: Sequence[str]) -> list[str]:
    known = [f"{router.prefix}/{router.client_name(hub)}" for router in routers for hub in router.catalog.wire_names]
    return [hub.strip("/") for hub in (known or named)]


async def _ask(plan: _Plan, headers: dict[str, str]) -> list[Finding]:
    http = HttpClient()
    await http.open()
    checks = LiveChecks(http, SystemClock(), headers)
    findings: list[Finding] = []
    try:
        for setting, hub, endpoint in plan.services:
            findings += await checks.service(setting, hub, endpoint)
        if plan.url is not None:
            for webhook in plan.webhooks:
                findings += await checks.app(plan.url, webhook)
            for hub in plan.hubs:
                findings += await checks.hub(plan.url, hub, plan.origin)
    finally:
        await http.close()
    return findings
