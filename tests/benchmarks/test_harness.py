import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from benchmarks.harness.micro import compare, compare_async
from benchmarks.harness.plan import TINY, Plan
from benchmarks.harness.profile import busiest, profiled
from benchmarks.harness.report import describe, group_tables, target_table
from benchmarks.harness.results import as_json, with_earlier
from benchmarks.harness.rounds import Contender, interleave
from benchmarks.harness.samples import Measures, Range, Recorder
from benchmarks.harness.servers import Absent, Server
from benchmarks.harness.svg import Bar, bar_chart
from benchmarks.harness.targets import falls_short, judge, read_targets
from benchmarks.load.crowd import disorder
from benchmarks.load.dialects import text_of
from benchmarks.load.frames import payloads
from benchmarks.load.wrk import wrk
from benchmarks.peers import serving

PLAN = Plan(rounds=2, seconds=0.0)


def test_contenders_take_turns() -> None:
    turns: list[str] = []

    def load(name: str) -> Contender:
        def run(_: Server) -> Measures:
            turns.append(name)
            return {"rate": 2.0, "done": 1.0}

        return Contender(serving.raw(), run)

    recorder = Recorder()
    interleave("group", {"a": load("a"), "b": load("b")}, PLAN, recorder)
    assert turns == ["a", "b", "a", "b"]
    assert recorder.values("group.b:rate") == [2.0, 2.0]
    assert all(value >= 0 for value in recorder.values("group.a:cpu"))


def test_one_that_does_not_start_is_noted_and_the_others_are_measured() -> None:
    broken = Server([sys.executable, "-c", "raise SystemExit('no such thing')"])
    recorder = Recorder()
    contenders = {
        "broken": Contender(broken, lambda _: {"rate": 1.0, "done": 1.0}),
        "raw": Contender(serving.raw(), lambda _: {"rate": 1.0, "done": 1.0, "loader": 0.95}),
    }
    interleave("group", contenders, PLAN, recorder)
    assert recorder.absent == {"group.broken": "it does not start: no such thing"}
    assert len(recorder.samples["group.raw"]) == 2
    assert recorder.notes == ["group.raw: the loader used 95% of its core and may be the bottleneck"]


def test_one_that_fails_under_load_is_noted_and_not_asked_again() -> None:
    asked = 0

    def fail(_: Server) -> Measures:
        nonlocal asked
        asked += 1
        raise Absent("it answers with nonsense")

    recorder = Recorder()
    interleave("group", {"raw": Contender(serving.raw(), fail)}, PLAN, recorder)
    assert (asked, recorder.absent) == (1, {"group.raw": "it answers with nonsense"})


def test_without_wrk_the_reader_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Absent, match="apt-get install wrk"):
        wrk("/", 1)(serving.bare())


def test_a_peer_without_its_package_says_what_to_install() -> None:
    peer = serving.picows()
    peer.package = "no_such_package"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - a peer
    with pytest.raises(Absent, match=r"serverless-hub\[bench\]"):
        peer.start()


@given(texts=st.lists(st.binary(max_size=70_000), max_size=4), cut=st.integers(0, 3))
def test_the_payloads_of_complete_frames_are_found(texts: list[bytes], cut: int) -> None:
    frames = [Frame(Opcode.TEXT, text).serialize(mask=False) for text in texts]
    data = b"".join(frames)
    complete = texts[:-1] if texts and cut else texts
    assert list(payloads(data[: len(data) - cut] if texts and len(frames[-1]) >= cut else data)) == (
        complete if texts and len(frames[-1]) >= cut else texts
    )


def heard(*numbered: tuple[int, int]) -> bytes:
    return b"".join(Frame(Opcode.TEXT, text_of(*pair).encode()).serialize(mask=False) for pair in numbered)


def test_messages_in_each_senders_order_are_in_order() -> None:
    assert disorder([heard((0, 0), (1, 0), (1, 1), (0, 1))], sent=2, senders=2) == 0


@pytest.mark.parametrize("numbered", [[(0, 0)], [(0, 1), (0, 0)], [(0, 0), (0, 0), (0, 1)]])
def test_a_lost_a_late_and_a_double_message_count(numbered: list[tuple[int, int]]) -> None:
    assert disorder([heard(*numbered)], sent=2, senders=1) > 0


def test_bars_are_as_long_as_their_medians() -> None:
    text = bar_chart("A & B", "each", [Bar("a", Range(10, 5, 20)), Bar("b", Range(5, 5, 5), ours=True)])
    chart = ET.fromstring(text)  # noqa: S314 - it is ours
    bars = list(chart.iter("{http://www.w3.org/2000/svg}rect"))
    assert [bar.get("class") for bar in bars] == ["bar", "ours"]
    assert float(bars[0].get("width", 0)) == 2 * float(bars[1].get("width", 0)) > 0


@pytest.mark.parametrize(("value", "text"), [(0.12345, "0.123"), (12, "12"), (123456.7, "123,457"), (0, "0")])
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert describe(value) == text


def test_every_target_and_every_missing_contender_is_in_the_report() -> None:
    recorder = Recorder(absent={"upstream.hub-run": "there is no such command"})
    for _ in range(TINY.rounds):
        recorder.add("upstream.hub", {"rate": 6000.0, "cpu": 100.0})
        recorder.add("upstream.bare", {"rate": 9000.0, "cpu": 50.0})
        recorder.add("import.serverless_hub", {"value": 61.0})
    verdicts = [judge(target, recorder) for target in read_targets()]
    table, groups = "\n".join(target_table(verdicts)), "\n".join(group_tables(recorder))
    assert all(f"\n{verdict.target.id} " in table for verdict in verdicts)
    assert "reached" in next(line for line in table.splitlines() if line.startswith("1.1 "))
    assert "NOT REACHED" in next(line for line in table.splitlines() if line.startswith("7.1 "))
    assert "not measured: there is no such command" in groups
    run = json.loads(as_json(recorder, verdicts, {"python": "3"}))
    assert run["targets"][0]["reached"] is True
    assert run["targets"][0]["measured"]["median"] == pytest.approx(2 / 3)


def test_a_quick_run_measures_only_what_has_a_target() -> None:
    recorder = Recorder()
    contenders = {name: Contender(serving.raw(), lambda _: {"rate": 1.0, "done": 1.0}) for name in ("raw", "picows")}
    interleave("fan-out", contenders, replace(PLAN, targets_only=True), recorder)
    assert set(recorder.samples) == {"fan-out.raw"}


def test_one_that_has_reached_its_target_is_not_profiled() -> None:
    recorder = Recorder()
    recorder.add("fan-out.raw", {"rate": 1.0})
    contender = Contender(serving.raw(), lambda _: {"rate": 0.5, "done": 1.0})
    interleave("fan-out", {"hub": contender}, replace(PLAN, profiles=True), recorder)
    assert (recorder.profiles, recorder.notes) == ({}, [])


def test_one_that_falls_short_is_profiled_or_the_reader_is_told_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    contender = Contender(serving.bare(), lambda _: {"rate": 0.1, "done": 1.0})
    recorder = Recorder()
    recorder.add("upstream.bare", {"rate": 1.0})
    recorder.add("upstream.hub", {"rate": 0.1})
    assert falls_short("upstream.hub", recorder)
    with pytest.raises(Absent, match="py-spy is missing"):
        profiled(contender.server, contender.load)


@pytest.mark.parametrize("awaited", [True, False])
async def test_a_call_in_process_that_falls_short_is_profiled_by_itself(awaited: bool) -> None:
    recorder, plan = Recorder(), replace(PLAN, micro_rounds=1)

    def slow() -> str:
        return json.dumps([1] * 100)

    async def slow_one() -> str:
        return slow()

    async def quick() -> None: ...

    if awaited:
        await compare_async("dispatch", {"hand-tuned": quick, "hub": slow_one}, plan, recorder)
    else:
        compare("dispatch", {"hand-tuned": bool, "hub": slow}, plan, recorder)
    assert set(recorder.profiles) == {"dispatch.hub"}
    assert "% slow (test_harness.py)" in "\n".join(recorder.profiles["dispatch.hub"])


def test_the_busiest_functions_are_those_in_which_most_samples_end() -> None:
    stacks = ["main;serve;parse (a.py) 6", "main;serve 1", "main;other;parse (a.py) 1"]
    assert busiest(stacks) == [" 88% parse (a.py)", " 12% serve"]
    assert busiest([]) == []
    assert busiest(["run;serve 1", "run;torn", "name (", ""]) == ["100% serve"]


def test_a_run_of_some_parts_goes_into_what_was_measured_on_that_day(tmp_path: Path) -> None:
    whole, part = Recorder(), Recorder()
    for group in ("invoke", "memory"):
        whole.add(f"{group}.hub", {"value": 1.0})
    whole.absent["invoke.peer"] = "it was not there"
    whole.note("the first")
    first = {"time": "2026-01-02T03:04:05", "command": "all", "commit": "a", "python": "3"}
    assert with_earlier(whole, first, tmp_path) == (whole, first)
    (tmp_path / "2026-01-02.json").write_text(as_json(whole, [], first), "utf-8")
    part.add("invoke.hub", {"value": 2.0})
    part.note("the second")
    second = {"time": "2026-01-02T06:07:08", "command": "some", "commit": "b", "python": "3"}
    joined, about = with_earlier(part, second, tmp_path)
    assert joined.samples == {"invoke.hub": [{"value": 2.0}], "memory.hub": [{"value": 1.0}]}
    assert (joined.absent, joined.notes) == ({}, ["the first", "the second"])
    assert (about["command"], about["commit"], about["python"]) == ("all; then some", "a; then b", "3")
