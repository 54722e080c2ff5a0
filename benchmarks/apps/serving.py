"""How our apps are served: by plain uvicorn, by our own command, and as a service beside an app."""

import subprocess
import sys
from functools import cache

from benchmarks.harness.cores import second_core
from benchmarks.harness.servers import KEY, ROOT, Absent, Server

__all__ = ["APP", "OwnCommand", "beside_service", "service"]

APP = "benchmarks.apps.hub_app:app"
_QUIET = (("--no-access-log",), ("--log-level", "warning"))


class OwnCommand(Server):
    """`serverless-hub run` with an app, without its access log."""

    def __init__(self, app: str = APP) -> None:
        super().__init__([sys.executable, "-m", "serverless_hub.cli", "run", app, "--port", "{port}"])

    def launch(self) -> None:
        """Begin to start it, as `Server` does.

        Raises:
            Absent: there is no such command, too.
        """
        known = _help()
        if known is None:
            raise Absent("there is no `serverless-hub run` yet")
        self.command += [word for option in _QUIET if option[0] in known for word in option]
        super().launch()


@cache
def _help() -> str | None:
    command = [sys.executable, "-m", "serverless_hub.cli", "run", "--help"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return asked.stdout if asked.returncode == 0 else None


def service(upstream: str | None = None) -> Server:
    """Return the service as a process of its own, its events going to the app at `upstream`."""
    options = () if upstream is None else ("--upstream", upstream)
    return Server.python(
        "serverless_hub.cli", "service", "--port", "{port}", "--access-key", KEY, "--log-level", "error", *options
    )


def beside_service() -> tuple[Server, Server]:
    """Return a service, and the app that its events go to, on another core."""
    # The app's answers do not depend on where the service is; it must only know its key.
    settings = {"AzureSignalRConnectionString": f"Endpoint=http://127.0.0.1:1;AccessKey={KEY};Version=1.0;"}
    app = Server.uvicorn(APP, env=settings, core=second_core())
    return service(app.url), app
