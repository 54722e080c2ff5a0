"""How the peers are served."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness.servers import Absent, Server

__all__ = ["aiosignalr", "bare", "fastapi_websockets", "node_ws", "picows", "raw", "socketio", "websockets"]

_NODE = Path(__file__).with_name("node_ws")


class _Peer(Server):
    """A server that needs a package of the extra `bench`."""

    package = ""

    def launch(self) -> None:
        """Begin to start it, as `Server` does; raises Absent where the package is missing, too."""
        if self.package and find_spec(self.package) is None:
            raise Absent(f"{self.package} is missing: pip install 'serverless-hub[bench]'")
        super().launch()


class _Node(Server):
    """A server for Node."""

    def launch(self) -> None:
        """Begin to start it, as `Server` does; raises Absent where Node or its packages are missing, too."""
        if shutil.which("node") is None:
            raise Absent("node is missing: apt-get install nodejs npm")
        if not (_NODE / "node_modules").is_dir():
            raise Absent("its package is missing: npm ci --prefix benchmarks/peers/node_ws")
        super().launch()


def _module(name: str, package: str) -> Server:
    peer = _Peer.python(f"benchmarks.peers.{name}", "{port}")
    peer.package = package
    return peer


def bare() -> Server:
    """Return the limit of HTTP: an ASGI app of a few lines under plain uvicorn."""
    return Server.uvicorn("benchmarks.peers.bare_asgi:app")


def raw() -> Server:
    """Return the limit of WebSockets in Python: a uvloop protocol."""
    return Server.python("benchmarks.peers.raw_uvloop", "{port}")


def picows() -> Server:
    """Return picows' server."""
    return _module("picows_server", "picows")


def websockets() -> Server:
    """Return websockets' server."""
    return _module("websockets_server", "websockets")


def aiosignalr() -> Server:
    """Return aiosignalr's server."""
    return _module("aiosignalr_server", "aiosignalr")


def node_ws() -> Server:
    """Return ws for Node."""
    return _Node(["node", str(_NODE / "server.mjs"), "{port}"])


def fastapi_websockets() -> Server:
    """Return FastAPI's own WebSockets under plain uvicorn."""
    return Server.uvicorn("benchmarks.peers.fastapi_websockets:app")


def socketio() -> Server:
    """Return python-socketio under plain uvicorn."""
    peer = _Peer.uvicorn("benchmarks.peers.socketio_app:app")
    peer.package = "socketio"
    return peer
