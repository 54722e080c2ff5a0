"""What a request costs under uvicorn's protocol class on httptools, and under ours.

    PYTHONPATH=. python benchmarks/http_protocol.py [rounds] [seconds]

Asked are a bare ASGI app, with a `GET` and with the `POST` of an upstream event, and a hub in FastAPI with the latter.
Each round starts every server in turn, the server on core 0 and wrk on core 1, so that what else the machine does hits
all alike. Printed are medians with their ranges: requests a second, and CPU of the server per request.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, create_server
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from upstream import BODY, HEADERS

_CLASSES = {"uvicorn": "httptools", "ours": "serverless_hub.server.http:HttpProtocol"}
_TICK = os.sysconf("SC_CLK_TCK")


class _Contender(NamedTuple):
    app: str
    request: str


_CONTENDERS = {
    "bare, GET": _Contender("upstream:bare", "GET"),
    "bare, event": _Contender("upstream:bare", "POST"),
    "hub, event": _Contender("http_protocol:hub", "POST"),
}


def hub():  # type: ignore[no-untyped-def] # noqa: ANN201 - what it returns depends on who imports it
    """Return the app with a hub; uvicorn calls this."""
    from upstream import Chat, hub_app  # noqa: PLC0415 - the parent needs none

    return hub_app(Chat)


@contextmanager
def _server(app: str, http: str) -> Iterator[tuple[int, str]]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "taskset", "-c", "0", sys.executable, "-m", "uvicorn", app, "--app-dir", str(Path(__file__).parent),
        "--http", http, "--port", str(port), "--no-access-log", "--log-level", "error", "--lifespan", "auto",
    ]  # fmt: skip
    process = subprocess.Popen([*command, "--factory"] if app.endswith(":hub") else command)
    try:
        for _ in range(400):
            try:
                create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process.pid, f"http://127.0.0.1:{port}/runtime/webhooks/signalr"
    finally:
        process.terminate()
        process.wait()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _measure(app: str, http: str, wrk: list[str], seconds: str) -> tuple[float, float]:
    with _server(app, http) as (pid, url):
        subprocess.run([*wrk, "-d1", url], capture_output=True, check=True)
        before = _cpu(pid)
        told = subprocess.run([*wrk, f"-d{seconds}", url], capture_output=True, check=True, text=True).stdout
        spent = _cpu(pid) - before
    found = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None or rate is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    return float(rate[1]), spent / int(found[1]) * 1e6


def _script(folder: Path) -> Path:
    """Write for wrk what is posted; it adds the length by itself."""
    headers = "\n".join(
        f'wrk.headers["{name}"] = "{value}"' for name, value in HEADERS.items() if name != "content-length"
    )
    script = folder / "post.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.body = [[{BODY.decode()}]]\n{headers}\n')
    return script


def _main(rounds: int, seconds: str) -> None:
    results: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with TemporaryDirectory() as folder:
        wrk = ["taskset", "-c", "1", "wrk", "-t1", "-c32"]
        posting = [*wrk, "-s", str(_script(Path(folder)))]
        for _ in range(rounds):
            for what, (app, request) in _CONTENDERS.items():
                for name, http in _CLASSES.items():
                    found = _measure(app, http, posting if request == "POST" else wrk, seconds)
                    results.setdefault((what, name), []).append(found)
    for (what, name), pairs in results.items():
        rates, costs = sorted(rate for rate, _ in pairs), sorted(cost for _, cost in pairs)
        print(
            f"{what:12} {name:8} {median(rates):8.0f} req/s ({rates[0]:.0f} to {rates[-1]:.0f})"
            f" {median(costs):6.1f} µs CPU ({costs[0]:.1f} to {costs[-1]:.1f})"
        )


if __name__ == "__main__":
    _rounds, _seconds = [*sys.argv[1:], *("5", "3")[len(sys.argv) - 1 :]]
    _main(int(_rounds), _seconds)
