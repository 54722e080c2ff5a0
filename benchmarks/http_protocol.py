"""What a request costs under uvicorn's protocol class on httptools, and under ours.

    PYTHONPATH=. python benchmarks/http_protocol.py [rounds] [seconds] [body bytes]

Each round starts both servers in turn, the server on core 0 and wrk on core 1, so that what else the machine does hits
both. Printed are medians with their ranges: requests a second, and CPU of the server per request.
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

_SERVERS = {"uvicorn": "httptools", "ours": "serverless_hub.server.http:HttpProtocol"}
_TICK = os.sysconf("SC_CLK_TCK")
_POST = Path(__file__).with_name("http_protocol.lua")


async def app(scope, receive, send):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as bare as it can be
    if scope["type"] != "http":
        raise RuntimeError("HTTP only")
    if scope["method"] == "POST":
        await receive()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"13")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"Hello, world!"})


@contextmanager
def _server(http: str) -> Iterator[tuple[int, str]]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "taskset", "-c", "0", sys.executable, "-m", "uvicorn", "http_protocol:app", "--app-dir", str(_POST.parent),
        "--http", http, "--port", str(port), "--no-access-log", "--log-level", "warning", "--lifespan", "off",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            try:
                create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process.pid, f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _measure(http: str, seconds: str, extra: list[str]) -> tuple[float, float]:
    with _server(http) as (pid, url):
        wrk = ["taskset", "-c", "1", "wrk", "-t1", "-c32", *extra]
        subprocess.run([*wrk, "-d1", url], capture_output=True, check=True)
        before = _cpu(pid)
        told = subprocess.run([*wrk, f"-d{seconds}", url], capture_output=True, check=True, text=True).stdout
        spent = _cpu(pid) - before
    found = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None or rate is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    return float(rate[1]), spent / int(found[1]) * 1e6


def _main(rounds: int, seconds: str, size: int) -> None:
    extra = []
    if size:
        os.environ["BODY_BYTES"] = str(size)
        extra = ["-s", str(_POST)]
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in _SERVERS}
    for _ in range(rounds):
        for name, http in _SERVERS.items():
            results[name].append(_measure(http, seconds, extra))
    for name, pairs in results.items():
        rates, costs = sorted(rate for rate, _ in pairs), sorted(cost for _, cost in pairs)
        print(
            f"{name:8} {median(rates):8.0f} req/s ({rates[0]:.0f} to {rates[-1]:.0f})"
            f" {median(costs):6.1f} µs CPU ({costs[0]:.1f} to {costs[-1]:.1f})"
        )


if __name__ == "__main__":
    rounds, seconds, size = [*sys.argv[1:], *("5", "4", "0")[len(sys.argv) - 1 :]]
    _main(int(rounds), seconds, int(size))
