"""Alternating timings, a description of the machine, and saving results."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import fastlr

RESULTS = Path(os.environ.get("FASTLR_RESULTS", Path(__file__).parents[1] / "results"))


def seconds_of(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def by_turns(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, dict[str, float]]:
    """Time the functions in turn, the order reversed every other round; return the best and the median of each.

    What else the machine does then falls on all of them alike.
    """
    times = {name: [] for name in functions}
    for turn in range(repeats):
        for name in list(functions)[:: -1 if turn % 2 else 1]:
            times[name].append(seconds_of(functions[name]))
    return {name: {"best": min(ts), "median": median(ts)} for name, ts in times.items()}


def machine() -> dict[str, str]:
    """Describe what the numbers were measured on."""
    cpu, memory = platform.processor() or platform.machine(), ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        cores = sum(line.startswith("processor") for line in lines)
        cpu += f", {cores} core{'s' if cores > 1 else ''}"
        memory = f"{int(Path('/proc/meminfo').read_text().split()[1]) / 2**20:.0f} GiB"
    except (OSError, StopIteration):  # not Linux
        pass
    described = {"cpu": cpu, "memory": memory, "system": platform.system(), "Python": platform.python_version()}
    described["fastlr"] = fastlr.__version__
    for name in ("numpy", "scipy", "numba", "scikit-learn"):
        try:
            described[name] = version(name)
        except PackageNotFoundError:
            described[name] = "missing"
    return described


def save(name: str, results: dict) -> Path:
    """Write results, with the machine, to ``results/NAME.json``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps({"machine": machine(), **results}, indent=1, default=float)
    path.write_text(text + "\n")
    print(f"wrote {path}")
    return path
