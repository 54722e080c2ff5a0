"""Everything that `serverless-hub doctor` looks at, in its order."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from serverless_hub.cli.app_checks import check_app, check_endpoints, load_checked
from serverless_hub.cli.app_services import UsedService
from serverless_hub.cli.findings import Finding, broken, weak
from serverless_hub.cli.live_checks import LiveChecks
from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.http_client import HttpClient
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.upstream import WEBHOOK_PATH
from serverless_hub.routing.overview import RouterOverview

__all__ = ["Question", "examine"]

_ANY_HUB = "doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be looked at."""

    place: str | None
    """Where the app is, if one is to be imported."""
    folder: Path
    """Where its module is looked for."""
    url: str | None
    """Where it runs, if that is to be reached."""
    hubs: Sequence[str]
    """Its hubs, where no app says them."""
    origin: str | None
    """Of a page that is to connect."""
    headers: Mapping[str, str]
    """For the app."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked of whom over the network."""

    services: Sequence[tuple[str, str, Endpoint]]
    """Setting, a hub, endpoint."""
    url: str | None
    webhooks: Sequence[str]
    hubs: Sequence[str]
    """Paths of hubs below the URL."""
    origin: str | None


def examine(question: Question) -> list[Finding]:
    """Return what there is to be said."""
    place, url = question.place, question.url
    routers, findings = ([], []) if place is None else load_checked(place, question.folder)
    if place is None:
        services, more = _from_settings() if url is None else ([], [])
    else:
        used, more = check_app(routers, os.environ)
        services = [_asked(each, endpoint) for each in used for endpoint in each.endpoints]
    plan = _Plan(services, url, _webhooks(routers), _hubs(routers, question.hubs), question.origin)
    return [*findings, *more, *asyncio.run(_ask(plan, question.headers))]


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


async def _ask(plan: _Plan, headers: Mapping[str, str]) -> list[Finding]:
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
