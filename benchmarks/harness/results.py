"""What a run leaves behind: a JSON file with every sample, and plots."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.harness.report import describe
from benchmarks.harness.samples import Recorder, spread
from benchmarks.harness.servers import ROOT
from benchmarks.harness.svg import Bar, bar_chart
from benchmarks.harness.targets import Verdict

__all__ = ["PLOTS", "as_json", "with_earlier", "write_page", "write_plots", "write_results"]

PLOTS = ROOT / "docs" / "assets"
_RESULTS = ROOT / "benchmarks" / "results"
_OURS = ("hub", "serverless_hub")
_CHARTS = {
    "upstream": ("One signed event over HTTP", "requests per second", "rate"),
    "upstream-cpu": ("One signed event over HTTP", "µs of server CPU", "cpu"),
    "fan-out": ("One message to 1,000 WebSockets", "deliveries per second", "rate"),
    "burst": ("Eight messages to 1,000 WebSockets in flight", "deliveries per second", "rate"),
    "invoke": ("100 WebSockets that call and wait", "round trips per second", "rate"),
    "memory": ("Memory of an idle WebSocket", "KiB each", "value"),
    "dispatch": ("One signed event in process", "µs of CPU", "value"),
}


def as_json(recorder: Recorder, verdicts: Sequence[Verdict], about: Mapping[str, Any]) -> str:
    """Return a whole run as text."""
    targets = [
        {**asdict(verdict.target), "measured": verdict.measured and asdict(verdict.measured),
         "by_cpu": verdict.by_cpu, "reached": verdict.reached, "why_not": verdict.why_not}
        for verdict in verdicts
    ]  # fmt: skip
    run = {
        "about": about,
        "targets": targets,
        "samples": recorder.samples,
        "absent": recorder.absent,
        "profiles": recorder.profiles,
        "notes": recorder.notes,
    }
    return json.dumps(run, indent=1, ensure_ascii=False) + "\n"


def with_earlier(
    recorder: Recorder, about: Mapping[str, str], folder: Path = _RESULTS
) -> tuple[Recorder, dict[str, str]]:
    """Return what a run of some parts has measured, with what an earlier one of that day has of all others."""
    path = folder / f"{about['time'][:10]}.json"
    if not path.exists():
        return recorder, dict(about)
    known = json.loads(path.read_text("utf-8"))
    fresh = {_group(name) for name in recorder.samples}

    def joined(name: str) -> dict[str, Any]:
        earlier = {key: value for key, value in known[name].items() if _group(key) not in fresh}
        return {**earlier, **getattr(recorder, name)}

    both = {name: f"{known['about'][name]}; then {about[name]}" for name in ("time", "command", "commit")}
    notes = [*known["notes"], *recorder.notes]
    return Recorder(joined("samples"), joined("absent"), joined("profiles"), notes), {**about, **both}


def _group(name: str) -> str:
    return name.partition(".")[0]


def write_results(text: str, day: str) -> Path:
    """Write a run to `benchmarks/results/<day>.json`; a later one of that day replaces it."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"{day}.json"
    path.write_text(text, "utf-8")
    return path


def write_page(verdicts: Sequence[Verdict], about: Mapping[str, str]) -> Path:
    """Write the part of the documentation's page that a run decides."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / "page.md"
    path.write_text("\n".join([*_page(verdicts, about), ""]), "utf-8")
    return path


def _page(verdicts: Sequence[Verdict], about: Mapping[str, str]) -> Iterator[str]:
    yield "| | what | measured | range | by CPU | target | |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for verdict in verdicts:
        target, found = verdict.target, verdict.measured
        limit = f"{'≥' if target.comparator == '>=' else '≤'} {describe(target.target)}"
        measured = (
            ("", "") if found is None else (describe(found.median), f"{describe(found.low)} to {describe(found.high)}")
        )
        by_cpu = "" if verdict.by_cpu is None else describe(verdict.by_cpu)
        said = {True: "reached", False: "**not reached**", None: f"not measured: {verdict.why_not}"}[verdict.reached]
        yield f"| {target.id} | {target.statement} | {measured[0]} | {measured[1]} | {by_cpu} | {limit} | {said} |"
    yield ""
    yield from (f"- {name}: {value}" for name, value in about.items())


def write_plots(recorder: Recorder, folder: Path = PLOTS) -> list[Path]:
    """Write a chart for each group that was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, (title, unit, measure) in _CHARTS.items():
        bars = _bars(name.removesuffix("-cpu"), measure, recorder)
        if bars:
            path = folder / f"performance-{name}.svg"
            path.write_text(bar_chart(title, unit, bars), "utf-8")
            written.append(path)
    return written


def _bars(group: str, measure: str, recorder: Recorder) -> list[Bar]:
    """Return the contenders of a group, the best first."""
    found = {
        name.partition(".")[2]: spread(values)
        for name in recorder.samples
        if _group(name) == group and (values := recorder.values(f"{name}:{measure}"))
    }
    best_first = sorted(found, key=lambda name: found[name].median, reverse=measure == "rate")
    return [Bar(name, found[name], ours=name.startswith(_OURS)) for name in best_first]
