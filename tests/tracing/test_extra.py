"""OpenTelemetry is there for those who want it."""

import importlib
import subprocess
import sys

import pytest

from serverless_hub import tracing


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("serverless_hub.tracing.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'serverless-hub\[otel\]'"):
        importlib.reload(tracing)


@pytest.mark.parametrize("module", ["management.hub_context", "routing.router", "embedded", "service.app"])
def test_nothing_of_ours_imports_it_by_itself(module: str) -> None:
    # FastAPI may import its library by itself, though not this package.
    code = f"import sys, serverless_hub.{module}\nassert 'serverless_hub.tracing' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - ours
