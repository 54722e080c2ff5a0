"""The routers of the app that a command is to look at."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serverless_hub.cli.app_loading import load_app
from serverless_hub.cli.user_errors import AppImportError, in_users_code, own_traceback
from serverless_hub.errors import ConfigurationError

if TYPE_CHECKING:
    from serverless_hub.routing.overview import RouterOverview

__all__ = ["AppFolder", "Place", "import_app", "load_routers", "routers_of"]

Place = Annotated[str, typer.Argument(metavar="MODULE:APP", help="Where the app is, such as main:app.")]
AppFolder = Annotated[
    Path,
    typer.Option(
        "--app-dir", metavar="FOLDER", help="Where the module is looked for.", show_default="the working folder"
    ),
]


def import_app(place: str, folder: Path) -> Any:
    """Return the app at `place`.

    Raises:
        ConfigurationError: there is none.
        AppImportError: its module fails.
    """
    try:
        return load_app(place, folder.resolve())
    except Exception as error:
        if not in_users_code(error):
            raise
        text = f"{place} cannot be imported.\n{own_traceback(error)}"
        raise AppImportError(text) from None


def load_routers(place: str, folder: Path) -> "list[RouterOverview]":
    """Return the routers of the app at `place`.

    Raises:
        ConfigurationError: there is no app, or it has no router with a hub.
        AppImportError: its module fails.
    """
    routers = routers_of(place, import_app(place, folder))
    if not routers:
        raise ConfigurationError(
            f"{place} has no HubRouter: say HubRouter(Chat, default_service=EmbeddedService()).install(app)"
        )
    if not any(router.catalog.wire_names for router in routers):
        raise ConfigurationError(f"the HubRouter of {place} has no hub: say HubRouter(Chat)")
    return routers


def routers_of(place: str, app: object) -> "list[RouterOverview]":
    """Return the routers of an app that has been loaded from `place`, none where there are none."""
    from serverless_hub.routing.overview import overviews  # noqa: PLC0415 - FastAPI, which other commands start without

    return overviews(app, vars(sys.modules[place.partition(":")[0]]).values())
