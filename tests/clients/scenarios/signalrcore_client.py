"""signalrcore, a client with threads: connects, calls, hears, leaves; tells what it saw, one JSON value per line."""

import importlib
import json
import os
import queue
import sys
from typing import Any

_LIMIT = 10.0

url, transport, encoding, token = sys.argv[1:]
builder: Any = importlib.import_module("signalrcore.hub_connection_builder")  # It has no types.
types: Any = importlib.import_module("signalrcore.types")

opened: "queue.Queue[None]" = queue.Queue()
heard: "queue.Queue[Any]" = queue.Queue()
results: "queue.Queue[Any]" = queue.Queue()


def tell(what: Any) -> None:
    """Print it."""
    print(json.dumps(what), flush=True)  # noqa: T201 - this is how it tells


options: dict[str, Any] = {"transport": types.HttpTransportType(transport), "headers": {"name": "ann"}}
if token:
    options["access_token_factory"] = lambda: token
connection: Any = (
    builder.HubConnectionBuilder()
    .with_url(url, options=options)
    .with_hub_protocol(types.HubProtocolEncoding(encoding))
    .build()
)
connection.on_open(lambda: opened.put(None))
connection.on("heard", heard.put)
connection.start()
opened.get(timeout=_LIMIT)
for value in ("Grüße, 世界 🎉", {"deep": [1, 2.5, None, True]}, "x" * 60_000):
    connection.send("echo", [value], on_invocation=results.put)
    tell(results.get(timeout=_LIMIT).result == value)
connection.send("tellAll", ["hello"])
tell(heard.get(timeout=_LIMIT))
os._exit(0)  # Its `stop` drops the line, too, but waits for one more message first, that is, for a ping.
