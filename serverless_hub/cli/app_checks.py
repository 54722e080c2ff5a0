"""What can be known of an app and its settings without reaching anything."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from serverless_hub.cli.access_key import DEVELOPMENT_KEY, kept_access_key
from serverless_hub.cli.app_routers import load_routers
from serverless_hub.cli.app_services import UsedService, services_of
from serverless_hub.cli.described import describe
from serverless_hub.cli.findings import Finding, broken, fine, weak
from serverless_hub.cli.user_errors import AppImportError
from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.secret import check_secret
from serverless_hub.routing.overview import RouterOverview

__all__ = ["check_app", "check_endpoints", "load_checked"]

_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))


def load_checked(place: str, folder: Path) -> tuple[list[RouterOverview], list[Finding]]:
    """Return the routers of an app, and what is to be said of loading it; none where it cannot be loaded."""
    try:
        routers = load_routers(place, folder)
    except AppImportError as error:
        fix = "mend what the last line says; twice the same target, and names that no service takes, are said here, too"
        return [], [broken("app", str(error), fix)]
    except ConfigurationError as error:
        return [], [broken("app", f"{place} cannot be used", str(error))]
    hubs = [name for router in routers for name in router.catalog.wire_names]
    events = len(describe(routers))
    return routers, [fine("app", f"{place} has {_listed(hubs)}, and {events} {'event' if events == 1 else 'events'}")]


def check_app(routers: Sequence[RouterOverview], environ: Mapping[str, str]) -> tuple[list[UsedService], list[Finding]]:
    """Return the services of an app, and what is wrong with its hubs' names, settings, keys and proofs."""
    try:
        services = services_of(routers, environ)
    except ConfigurationError as error:
        return [], [broken("settings", "the settings do not work", str(error))]
    findings = [*_check_names(services)]
    for used in services:
        findings += _check_service(used)
    return services, findings


def check_endpoints(setting: str, endpoints: Sequence[Endpoint]) -> Iterator[Finding]:
    """Yield what is to be said of the keys and URLs that `setting` names."""
    for endpoint in endpoints:
        parts = urlsplit(endpoint.url)
        is_local = parts.hostname in _LOCAL
        if endpoint.access_key == DEVELOPMENT_KEY and not is_local:
            text = f"{setting} has the emulator's access key, which everybody knows, for {parts.netloc}"
            yield broken("keys", text, "give that service a secret key, and write it into the setting")
        elif endpoint.access_key is not None:
            yield _check_secret(setting, parts.netloc, endpoint.access_key)
        elif find_spec("azure") is None or find_spec("azure.identity") is None:
            text = f"{setting} has no AccessKey, and azure-identity is not installed"
            yield broken("keys", text, "pip install 'serverless-hub[azure]'")
        if parts.scheme == "http" and not is_local:
            text = f"{parts.netloc} is reached without encryption: tokens can be read on the way"
            yield weak("keys", text, f"write https:// into {setting}")


def _check_secret(setting: str, host: str, key: str) -> Finding:
    try:
        check_secret(f"the AccessKey of {setting}", key)
    except ConfigurationError as error:
        return weak("keys", f"the access key of {host} can be guessed", str(error))
    return fine("keys", f"{setting} has an access key for {host}")


def _check_names(services: Sequence[UsedService]) -> Iterator[Finding]:
    """Find hubs that two routers have at one service: each event goes to one place only."""
    counts = Counter((used.setting, hub) for used in services for hub in used.hubs)
    for (setting, hub), count in counts.items():
        if count > 1:
            text = f"{count} routers have a hub {hub!r} at the service of {setting}, which sends its events to one"
            yield broken("hubs", text, "give all hubs to one router, or name one with hub= or application=")


def _check_service(used: UsedService) -> Iterator[Finding]:
    names = _listed(used.hubs)
    if used.local is not None:
        yield fine("service", f"{names}: embedded, since {used.setting} is not set")
        try:
            kept_access_key(os.environ)
        except (ConfigurationError, OSError) as error:
            text = "serverless-hub dev cannot keep an access key, so clients negotiate again after each change"
            yield weak("keys", text, str(error))
        return
    yield fine("service", f"{names}: {used.names}, as {used.setting} says")
    yield from check_endpoints(used.setting, used.endpoints)
    signs = all(endpoint.access_key is not None for endpoint in used.endpoints)
    if not signs and used.router.code is None and used.router.entra is None:
        text = f"without an access key, nothing proves that events of {names} come from the service"
        yield broken("proofs", text, "say HubRouter(..., entra=EntraAuthentication(...)) or upstream_code=...")


def _listed(hubs: Sequence[str]) -> str:
    return f"{'hub' if len(hubs) == 1 else 'hubs'} {', '.join(hubs)}"
