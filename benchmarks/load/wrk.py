"""HTTP load by wrk, which one core of is more than any server here can answer."""

import http.client
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from benchmarks.harness.cores import load_core, on_core
from benchmarks.harness.samples import Measures
from benchmarks.harness.servers import Absent, Server

__all__ = ["CONNECTIONS", "ask", "wrk"]

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("request.lua")


def ask(server: Server, method: str, path: str, headers: Mapping[str, str] | None, body: bytes) -> bytes:
    """Send one request and return the body of its answer."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with closing(line):
        line.request(method, path, body or None, dict(headers or {}))
        return line.getresponse().read()


def wrk(
    path: str,
    seconds: float,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    expected: bytes | None = None,
) -> Callable[[Server], Measures]:
    """Return a load that sends one request again and again over `CONNECTIONS` connections.

    It measures `rate`, and the median and 99 % latency in ms. wrk counts whole seconds. The first answer has to be
    `expected`: who answers wrong things fast is not fast.
    """

    def load(server: Server) -> Measures:
        command = shutil.which("wrk")
        if command is None:
            raise Absent("wrk is missing: apt-get install wrk")
        answer = ask(server, method, path, headers, body)
        if expected is not None and answer != expected:
            raise Absent(f"it answers {answer[:80]!r}")
        with tempfile.TemporaryDirectory() as folder:
            request = Path(folder)
            lines = "".join(f"{name}: {value}\n" for name, value in (headers or {}).items())
            (request / "headers").write_text(lines, "utf-8")
            (request / "body").write_bytes(body)
            duration = f"{max(1, round(seconds))}s"
            options = ("-t1", f"-c{CONNECTIONS}", f"-d{duration}", "-s", str(_SCRIPT), server.url + path)
            with on_core(load_core()):
                run = subprocess.run(
                    [command, *options, "--", method, folder], capture_output=True, text=True, check=True, timeout=60
                )
        found = json.loads(run.stdout.splitlines()[-1])
        if found["errors"]:
            raise Absent(f"{found['errors']} requests failed")
        return {"rate": found["requests"] / found["seconds"], "done": found["requests"],
                "p50_ms": found["p50"] / 1000, "p99_ms": found["p99"] / 1000}  # fmt: skip

    return load
