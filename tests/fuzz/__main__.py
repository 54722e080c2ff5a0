"""Run the targets with atheris, one after the other: `python -m tests.fuzz [--seconds 60] [--replay FILE] [NAME...]`.

What is found is written to `.fuzz/`, together with the corpus, which the next run goes on with.
"""

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]

_FOLDER = Path(".fuzz")
_SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
_HANGS_AFTER = 10
"""Seconds for a single input."""
_MAX_BYTES = 4096


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a target; all of them without one")
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="for each target (FUZZ_SECONDS, 60)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one target on what was found, without atheris")
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return _fuzz(*options.inside)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - inside of atheris, it has to be imported by that

    unknown = set(options.names) - set(TARGETS)
    if unknown or (options.replay and len(options.names) != 1):
        parser.error(f"name {'one' if options.replay else 'some'} of {', '.join(TARGETS)}")
    if options.replay:
        TARGETS[options.names[0]](options.replay.read_bytes())
        print("Nothing is wrong with it.")  # noqa: T201 - a script
        return 0
    return max([_run(name, options.seconds) for name in options.names or TARGETS])


def _run(name: str, seconds: float) -> int:
    """Fuzz one target in a process of its own, since the library ends the process; return 1 if something is found."""
    from tests.fuzz.seeds import SEEDS  # noqa: PLC0415 - as above

    corpus, found, seeds = (_FOLDER / name / part for part in ("corpus", "found", "seeds"))
    for folder in (corpus, found, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (seeds / str(number)).write_bytes(seed)
    before = set(found.iterdir())
    limits = [f"-max_total_time={max(1, round(seconds))}", f"-timeout={_HANGS_AFTER}", f"-max_len={_MAX_BYTES}"]
    flags = [*limits, f"-artifact_prefix={found}/", "-print_final_stats=0", "-verbosity=0"]
    print(f"{name}: {seconds:g} seconds", flush=True)  # noqa: T201 - a script
    command = [sys.executable, "-m", "tests.fuzz", "--inside", name, *flags, str(corpus), str(seeds)]
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - this very script
    for path in sorted(set(found.iterdir()) - before):
        print(f"  found {path}; replay: python -m tests.fuzz --replay {path} {name}")  # noqa: T201 - a script
    return 1 if code else 0


def _fuzz(name: str, *flags: str) -> int:
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is missing: pip install 'serverless-hub[fuzz]' (there are wheels for Linux)")
    with atheris.instrument_imports(include=["serverless_hub"]):
        targets = importlib.import_module("tests.fuzz.targets").TARGETS
    atheris.Setup([sys.argv[0], *flags], targets[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
