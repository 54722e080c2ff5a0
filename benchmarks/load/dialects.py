"""What a client says to each kind of server: paths, handshakes, and how a text is published or echoed."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load.frames import client_frame

__all__ = ["DIALECTS", "MARK", "Dialect", "text_of"]

MARK = b"^^"
"""Ends the number in each text; nothing else that a server sends has it."""
_TEXT_BYTES = 100


def text_of(sender: int, number: int) -> str:
    """Return a text of 100 bytes that says who has sent it, and as what number."""
    return f"{sender:02}.{number:08}{MARK.decode()}".ljust(_TEXT_BYTES, "x")


@dataclass(frozen=True)
class Dialect:
    """How one kind of server is spoken to."""

    publish_path: str
    echo_path: str
    publish: Callable[[str], str]
    """The message that sends a text to everybody."""
    echo: Callable[[str], str]
    """The message that is answered with its text."""
    hello: tuple[tuple[str, bytes], ...] = ()
    """What a client says after the upgrade, and what the answer has in it; an empty text only waits."""

    def publish_frame(self, sender: int, number: int) -> bytes:
        """Return the frame that publishes a text."""
        return client_frame(self.publish(text_of(sender, number)).encode())

    def echo_frame(self, sender: int, number: int) -> bytes:
        """Return the frame that is answered with its text."""
        return client_frame(self.echo(text_of(sender, number)).encode())


def _signalr(path: str) -> Dialect:
    def call(target: str, text: str, **more: str) -> str:
        return json.dumps({"type": 1, **more, "target": target, "arguments": [text]}, separators=(",", ":")) + "\x1e"

    return Dialect(
        publish_path=path,
        echo_path=path,
        publish=lambda text: call("publish", text),
        echo=lambda text: call("echo", text, invocationId="1"),
        hello=(('{"protocol":"json","version":1}\x1e', b"\x1e"),),
    )


_ENGINE_IO = "/socket.io/?EIO=4&transport=websocket"

DIALECTS = {
    "raw": Dialect("/publish", "/echo", str, str),
    "hub": _signalr("/_signalr/client/?hub=chat"),
    "service": _signalr("/client/?hub=chat"),
    "aiosignalr": _signalr("/hub"),
    "socketio": Dialect(
        _ENGINE_IO,
        _ENGINE_IO,
        publish=lambda text: f'42["publish","{text}"]',
        echo=lambda text: f'421["echo","{text}"]',
        hello=(("", b"0{"), ("40", b"40{")),
    ),
}
