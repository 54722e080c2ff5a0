import pytest

from benchmarks import __main__ as suite
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.targets import read_targets


def test_a_run_prints_every_target_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.main(["--tiny", "--only", "parts", "registry"]) == 0
    printed = capsys.readouterr().out
    lines = {line.split()[0]: line for line in printed.splitlines() if line and line[0].isdigit()}
    assert {target.id for target in read_targets()} <= set(lines)
    assert lines["2.8"].endswith("reached")
    assert "not measured: upstream.hub: not measured in this run" in lines["1.1"]
    assert "python: 3." in printed
    assert "uvicorn " in printed


def test_a_part_that_breaks_down_is_told_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(plan: Plan, recorder: Recorder) -> None:
        raise RuntimeError("this part is broken")

    monkeypatch.setitem(suite.PARTS, "import", broken)
    assert suite.main(["--tiny", "--only", "import", "registry"]) == 1
    printed = capsys.readouterr().out
    assert "Note: import broke down: RuntimeError('this part is broken')" in printed
    assert "in-hub-of-10" in printed
