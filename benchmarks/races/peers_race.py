"""Race fastlr against other libraries on real and synthetic text, one thread each, in one process.

    python -m races.peers_race [--race sgd exact] [--tasks PATTERN ...] [--peers PATTERN ...] [--data FOLDER]

Two races, run by ``races/race.py``. *sgd*: every library trains for 1, 2, 4, ... epochs from scratch, and its test
log-loss and accuracy are drawn over the seconds of the fit. *exact*: solvers of the same objective are asked for ever
tighter tolerances, and the gap that they really reach, certified in NumPy by ``races/judge.py``, is drawn over the
seconds; those that come to a gap of 1e-5 are then timed at the loosest tolerance that got them there. Conversion to a
library's own form is timed apart.

Results go to ``results/peers.json``, after every task, and to ``results/peers_*.png``. So a run that was cut short goes
on with ``--tasks``: a task that is run again replaces its old results, and the others stay. ``--peers`` replaces all of
a task's results too.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from fnmatch import fnmatch
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version

from harness.corpora import add_data_option, find_corpora, make_task, read_task
from harness.in_child import Failure, in_child
from harness.measure import RESULTS, machine, save
from peers import REQUIREMENTS, Problem, load
from threadpoolctl import threadpool_limits

from races.plots import draw_exact, draw_sgd, draw_target
from races.race import exact_race, sgd_race

SGD_TASKS = (
    "arxiv, 2 classes",
    "arxiv, 20 classes",
    "reddit, 200 classes",
    "synthetic, 2 classes",
    "synthetic, 20 classes",
)
# For each of the data the C of each l1_ratio.
EXACT_TASKS = {
    "arxiv, 2 classes": {0.0: (0.1, 1, 10, 100), 1.0: (0.1, 1, 10, 100), 0.5: (0.1, 1, 10, 100)},
    "synthetic, 2 classes": {0.0: (1, 10), 1.0: (1, 10)},
    "arxiv, 20 classes": {0.0: (0.1, 1, 10, 100)},
    "reddit, 200 classes": {0.0: (1, 10)},
}


def tasks_of(race):
    """Return for each title the data's name and the arguments of the race."""
    if race == "sgd":
        return {name: (name, ()) for name in SGD_TASKS}
    return {
        f"{name}, {Problem(2, C, l1_ratio).penalty}, C={C:g}": (name, (C, l1_ratio))
        for name, strengths in EXACT_TASKS.items()
        for l1_ratio, Cs in strengths.items()
        for C in Cs
    }


@lru_cache(maxsize=1)
def get_task(name, folder):
    corpus, classes = name.split(", ")
    n_classes = int(classes.split()[0])
    if corpus == "synthetic":
        return make_task(50_000, 100_000, n_classes, sharpness=0.5 if n_classes == 2 else 1.0)
    task = read_task(folder, corpus)
    return task.halved() if n_classes == 2 else task


def versions():
    """Return the version of each peer that is installed."""
    found = {}
    for name in REQUIREMENTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--race", nargs="+", choices=["sgd", "exact"], default=["sgd", "exact"])
    parser.add_argument("--tasks", nargs="+", metavar="PATTERN", help="only these tasks, as '*, l1, C=1*'")
    parser.add_argument("--peers", nargs="+", metavar="PATTERN", help="only these peers, as 'Snap*'")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of the longest fit")
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    found = [*find_corpora(options.data), "synthetic"]
    path = RESULTS / "peers.json"
    stored = json.loads(path.read_text()) if path.exists() else {}
    results = {race: stored.get(race, {}) for race in ("sgd", "exact")}

    def chosen(name, patterns):
        return not patterns or any(fnmatch(name, pattern) for pattern in patterns)

    lost = []
    for race in options.race:
        peers, missing = load(race.upper())
        peers = [peer for peer in peers if chosen(peer.name, options.peers)]
        for name, reason in missing.items():
            print(f"{name} is missing: {reason}")
        run, titles = sgd_race if race == "sgd" else exact_race, tasks_of(race)
        for title, (name, arguments) in titles.items():
            if name.split(",")[0] in found and chosen(title, options.tasks):
                print(f"\n{title}", flush=True)
                task = get_task(name, options.data)
                race_it = partial(run, peers, task, *arguments, options.repeats, options.limit)
                try:
                    with threadpool_limits(1):
                        result = in_child(race_it, None)  # what a library does to its process ends with the task
                except Failure as error:
                    lost.append(f"{title} ({error})")
                    continue
                results[race][title] = {
                    "cpu": machine()["cpu"],
                    "repeats": options.repeats,
                    "limit": options.limit,
                    **result,
                }
                results[race] = {title: results[race][title] for title in titles if title in results[race]}
                save("peers", {**results, "missing": missing, "versions": versions()})
    if results["sgd"]:
        draw_sgd(results["sgd"])
    if results["exact"]:
        draw_exact(results["exact"])
        draw_target(results["exact"])
    if lost:
        sys.exit(f"lost, to be run again with --tasks: {'; '.join(lost)}")


if __name__ == "__main__":
    main()
