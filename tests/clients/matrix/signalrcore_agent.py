"""signalrcore, a client with threads, driven line by line."""

import importlib
import json
import os
import queue
import sys
from typing import Any

from tests.clients.matrix.lines import pack, say, unpack

__all__ = ["Connection", "main"]

_LIMIT = 10.0
_builder: Any = importlib.import_module("signalrcore.hub_connection_builder")  # It has no types.
_types: Any = importlib.import_module("signalrcore.types")


class Connection:
    """One client, whose answers and events are lines."""

    def __init__(self, command: dict[str, Any], transport: str, protocol: str) -> None:
        self._name = command["name"]
        self._calls: dict[str, int] = {}
        self._opened: queue.Queue[None] = queue.Queue()
        encoding = "Binary" if protocol == "messagepack" else "Text"
        options: dict[str, Any] = {"transport": _types.HttpTransportType(transport), "headers": {"name": self._name}}
        if token := command["token"]:
            options["access_token_factory"] = lambda: token
        builder = _builder.HubConnectionBuilder().with_url(command["url"], options=options)
        builder = builder.with_hub_protocol(_types.HubProtocolEncoding(encoding))
        if command["reconnect"]:
            builder = builder.with_automatic_reconnect({"type": "raw", "reconnect_interval": 0.1, "max_attempts": 50})
        self._hub = builder.build()
        self._hub.on_open(lambda: self._opened.put(None))
        self._hub.on_close(lambda: self._happens("closed"))
        self._hub.on_reconnect(lambda: self._happens("reconnected"))
        self._hub.on_error(self._failed)
        self._hub.on("heard", self._hear)

    def start(self) -> None:
        self._hub.start()
        self._opened.get(timeout=_LIMIT)

    def stop(self) -> None:
        self._hub.stop()

    def send(self, target: str, arguments: list[Any]) -> None:
        self._hub.send(target, arguments)  # It asks for an answer all the same.

    def invoke(self, number: int, target: str, arguments: list[Any]) -> None:
        name = f"call-{number}"
        self._calls[name] = number
        self._hub.send(target, arguments, on_invocation=self._answered, invocation_id=name)

    def _answered(self, completion: Any) -> None:
        say(id=self._calls.pop(completion.invocation_id), result=pack(completion.result))

    def _failed(self, completion: Any) -> None:
        say(id=self._calls.pop(completion.invocation_id), error=completion.error)

    def _hear(self, arguments: list[Any]) -> None:
        self._happens("heard", arguments[0])

    def _happens(self, event: str, value: Any = None) -> None:
        say(event=event, name=self._name, value=pack(value))


def main(transport: str, protocol: str) -> None:
    """Obey until there are no more commands."""
    connections: dict[str, Connection] = {}
    for line in sys.stdin:
        command = json.loads(line)
        number, name = command["id"], command["name"]
        try:
            if command["do"] == "start":
                connection = connections.setdefault(name, Connection(command, transport, protocol))
                connection.start()
            elif command["do"] == "stop":
                connections[name].stop()
            elif command["do"] == "send":
                connections[name].send(command["target"], unpack(command["arguments"]))
            else:
                connections[name].invoke(number, command["target"], unpack(command["arguments"]))
                continue
            say(id=number, result=None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            say(id=number, error=f"{type(error).__name__}: {error}")
    os._exit(0)  # Its threads would go on.


if __name__ == "__main__":
    main(*sys.argv[1:])
