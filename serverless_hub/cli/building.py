"""From the options of `serverless-hub service` to its ASGI app."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.cli.identity_key import kept_identity_key
from serverless_hub.cli.upstreams import Upstreams
from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.asgi import App
from serverless_hub.service.forbidden_hosts import is_forbidden_address
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.local_only import LocalOnly
from serverless_hub.service.managed_identity import ManagedIdentity
from serverless_hub.service.metrics import NO_METRICS
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.settings_watch import SettingsWatch
from serverless_hub.service.upstream_rules import UpstreamRules

if TYPE_CHECKING:
    from serverless_hub.service.prometheus import PrometheusMetrics

__all__ = ["ServicePlan", "build_app"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """What the options say, checked."""

    keys: tuple[str, ...]
    """The first signs tokens, all sign events."""
    cors: CorsPolicy
    upstreams: Upstreams
    settings: ServiceSettings
    """Times and limits."""
    connections: int
    """How many there may be to apps."""
    retries: int
    """Of `connected` and `disconnected`."""
    metrics: bool
    """Whether there is `/metrics`."""
    tracing: bool
    """Whether requests to apps have spans."""


def build_app(plan: ServicePlan, started: Callable[[], None]) -> App:
    """Return the app; `started` is called when it serves.

    Raises:
        ConfigurationError: a package is missing that an option needs.
    """
    clock = SystemClock()
    metrics = _metrics() if plan.metrics else None
    counted = metrics or NO_METRICS
    client = _client(plan)
    signalr = SignalRService(plan.keys, plan.settings, clock, plan.cors, counted)
    identity = ManagedIdentity(clock, kept_identity_key)
    upstream = HttpUpstream(
        plan.upstreams.rules,
        client,
        clock,
        plan.settings.upstream_timeout,
        retries=plan.retries,
        metrics=counted,
        identity=identity,
    )
    signalr.default_upstream = upstream

    def apply(rules: UpstreamRules) -> None:
        upstream.rules = rules

    path = plan.upstreams.path
    app = ServiceApp(
        signalr,
        client,
        started,
        watch=None if path is None else SettingsWatch(path, os.environ.get, clock, apply),
        identity=identity,
        metrics=None if metrics is None else metrics.text,
    )
    return LocalOnly(app, plan.cors) if DEVELOPMENT_KEY in plan.keys else app


def _client(plan: ServicePlan) -> HttpClient:
    if not plan.tracing:
        return HttpClient(max_connections=plan.connections, refuses=is_forbidden_address)
    try:
        from serverless_hub.tracing import Tracing  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"--tracing needs {error.name}: pip install 'serverless-hub[otel]'") from error
    return Tracing().http_client(max_connections=plan.connections, refuses=is_forbidden_address)


def _metrics() -> "PrometheusMetrics":
    try:
        from serverless_hub.service.prometheus import PrometheusMetrics  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"--metrics needs {error.name}: pip install 'serverless-hub[metrics]'") from error
    return PrometheusMetrics()
