"""`serverless-hub upstream-settings`: what a service has to be told of an app, to paste."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from serverless_hub.cli.app_routers import AppFolder, Place, load_routers
from serverless_hub.cli.failing import exit_codes
from serverless_hub.cli.upstream_templates import FORMATS, Format, UpstreamItem
from serverless_hub.errors import ConfigurationError
from serverless_hub.management.settings import CONNECTION_STRING_SETTING
from serverless_hub.protocol.service_url import service_url

if TYPE_CHECKING:
    from serverless_hub.routing.overview import RouterOverview

__all__ = ["upstream_settings"]

_CODE = "?code=YOUR-CODE"


def upstream_settings(
    place: Place,
    *,
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where the service reaches the app: https://app.example.com.")
    ],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="A template of Azure Resource Manager or Bicep with the whole resource, commands of the Azure CLI for "
            "a resource that is there, or the settings.json of the emulators.",
        ),
    ] = "az",
    connection: Annotated[
        str, typer.Option(metavar="SETTING", help="Where hubs have services of their own: the setting of the one.")
    ] = CONNECTION_STRING_SETTING,
    app_dir: AppFolder = Path(),
) -> None:
    """Write the upstream settings that a SignalR service needs for the hubs of an app.

    The app is imported, and does not run. Notes for you go to stderr, so that stdout can be redirected. With --format
    emulator, serverless-hub service --settings takes it as well as Microsoft's emulator.
    """
    with exit_codes():
        base = service_url("--url", url)
        routers = load_routers(place, app_dir)
        items = [item for router in routers if (item := _item(router, base, connection)) is not None]
        if not items:
            raise ConfigurationError(f"no hub has the connection {connection!r}: {_connections(routers)}")
    sys.stdout.write(FORMATS[form](items) + "\n")
    for note in _notes(routers, items, form, base):
        Console(stderr=True).print(Text(note, "yellow"), soft_wrap=True)


def _item(router: "RouterOverview", base: str, connection: str) -> UpstreamItem | None:
    catalog = router.catalog
    hubs = [name for name in catalog.wire_names if _setting(catalog.connection_of(name)) == connection]
    if not hubs:
        return None
    resource = None if router.entra is None else min(router.entra.audience)
    return UpstreamItem(f"{base}{router.webhook}{'' if router.code is None else _CODE}", hubs, resource)


def _notes(routers: Sequence["RouterOverview"], items: Sequence[UpstreamItem], form: Format, base: str) -> list[str]:
    notes: list[str] = []
    if any(item.url.endswith(_CODE) for item in items):
        notes.append(f"Put the upstream_code of the HubRouter in the place of {_CODE.rpartition('=')[2]}.")
    if form == "az":
        notes.append("Set SIGNALR and GROUP to the names of the service and its resource group first.")
    if form in {"arm", "bicep"}:
        notes.append("This is the whole resource: what you have set elsewhere, such as its sku, belongs into it, too.")
    if form != "emulator" and not base.startswith("https://"):
        notes.append(f"{base} is not encrypted: give a service on Azure an https URL.")
    if len({_setting(each) for router in routers for each in router.catalog.connections}) > 1:
        notes.append(f"These are the settings of one service of several. {_connections(routers)}")
    return notes


def _connections(routers: Sequence["RouterOverview"]) -> str:
    names = sorted({_setting(each) for router in routers for each in router.catalog.connections})
    return f"say --connection with one of {', '.join(names)}"


def _setting(connection: str | None) -> str:
    return CONNECTION_STRING_SETTING if connection is None else connection
