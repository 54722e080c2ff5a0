import re
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS
from benchmarks.harness.samples import Range, Recorder
from benchmarks.harness.targets import Target, judge, read_targets

IDS = {
    1: 8,  # plain uvicorn and thrice FastAPI, MessagePack, own command, other routes, in process
    2: 9,  # own command and thrice peers, bursts and their order, plain uvicorn, encodings, a small group
    3: 3,  # two peers, two processes
    4: 2,  # rate, tokens
    5: 3,  # 1,000, 5,000, churn
    6: 6,  # methods, hubs, linear, slope, joining, negotiate
    7: 1,
}
"""How many figures each part of the list of what to reach has."""


def recorder(**rates: list[float]) -> Recorder:
    filled = Recorder()
    for name, values in rates.items():
        for value in values:
            filled.add(f"group.{name}", {"rate": value})
    return filled


def ratio(comparator: str = ">=", target: float = 0.5) -> Target:
    numerator, denominator = "group.ours:rate", "group.limit:rate"
    return Target("1.1", "a ratio", numerator, ">=" if comparator == ">=" else "<=", target, denominator)


def test_the_table_has_every_figure_of_the_list() -> None:
    expected = {f"{part}.{number}" for part, count in IDS.items() for number in range(1, count + 1)}
    assert {target.id for target in read_targets()} == expected


def test_each_figure_compares_what_some_part_of_the_suite_measures() -> None:
    folder = Path(__file__).parents[2] / "benchmarks"
    code = "".join(path.read_text("utf-8") for name in ("micro", "macro") for path in (folder / name).glob("*.py"))
    groups = {name.partition(".")[0] for target in read_targets() for name in target.contenders}
    assert [group for group in groups if not re.search(rf'"{group}[."]', code)] == []
    assert len(PARTS) > 1


def test_a_ratio_is_that_of_the_medians_and_its_range_that_of_the_repetitions() -> None:
    verdict = judge(ratio(), recorder(ours=[1.0, 9.0, 6.0], limit=[10.0, 10.0, 5.0]))
    assert verdict.measured == Range(0.6, 0.1, 1.2)
    assert verdict.reached is True


def test_a_ratio_of_rates_is_also_told_by_the_cpu_of_each_unit() -> None:
    both = Recorder()
    both.add("group.ours", {"rate": 1.0, "cpu": 80.0})
    both.add("group.limit", {"rate": 9.0, "cpu": 40.0})
    assert judge(ratio(), both).by_cpu == 0.5
    assert judge(ratio(), recorder(ours=[1.0], limit=[2.0])).by_cpu is None


def test_a_figure_without_denominator_is_its_median() -> None:
    target = Target("7.1", "milliseconds", "group.ours:rate", "<=", 60)
    assert judge(target, recorder(ours=[50.0, 70.0, 61.0])).measured == Range(61.0, 50.0, 70.0)
    assert judge(target, recorder(ours=[50.0, 70.0, 61.0])).reached is False


@pytest.mark.parametrize(
    ("comparator", "value", "reached"),
    [(">=", 0.5, True), (">=", 0.49, False), ("<=", 0.5, True), ("<=", 0.51, False)],
)
def test_the_limit_itself_is_reached(comparator: str, value: float, reached: bool) -> None:
    assert ratio(comparator).reached_by(value) is reached


def test_a_figure_with_a_missing_contender_says_why_it_was_not_measured() -> None:
    half = recorder(limit=[1.0])
    assert judge(ratio(), half).why_not == "group.ours: not measured in this run"
    half.absent["group.ours"] = "wrk is missing: apt-get install wrk"
    verdict = judge(ratio(), half)
    assert (verdict.measured, verdict.reached) == (None, None)
    assert verdict.why_not == "group.ours: wrk is missing: apt-get install wrk"


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [((("a", ">="), ("a", ">=")), "stands twice"), ((("a", "=="),), "neither")],
)
def test_a_table_that_means_nothing_is_refused(
    tmp_path: Path, entries: tuple[tuple[str, str], ...], complaint: str
) -> None:
    table = tmp_path / "targets.toml"
    rows = [
        f'[[target]]\nid = "{name}"\nstatement = "x"\nnumerator = "a.b:rate"\ncomparator = "{comparator}"\ntarget = 1\n'
        for name, comparator in entries
    ]
    table.write_text("".join(rows), "utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_targets(table)
