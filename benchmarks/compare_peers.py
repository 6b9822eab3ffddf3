"""Race fastlr against other libraries on real and synthetic text, one thread each, in one process.

    python benchmarks/compare_peers.py [--race sgd exact] [--tasks NAME ...] [--peers NAME ...] [--data FOLDER]

Two races. *sgd*: every library trains for 1, 2, 4, ... epochs from scratch, and its test log-loss and accuracy are
drawn over the seconds of the fit. *exact*: solvers of the same objective are asked for ever tighter tolerances, and the
gap that they really reach, computed in NumPy by ``gap.py``, is drawn over the seconds. The optimum is the least
objective that any of them reached, with a certificate: its distance from the dual value.

Conversion to a library's own form is timed apart. Fits take turns, in reversed order every other round; the best and
median of the rounds are kept. Each fit runs in a child forked off one process, in which everything is warm, so that a
library that crashes or never ends takes nothing with it. A fit longer than ``--limit`` seconds is a library's last on
that task. Results go to ``results/peers.json`` (a task that is run again replaces its old results) and
``results/peers_*.png``.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings

import matplotlib
import numpy as np
from corpora import add_data_option, find_corpora, make_task, read_task
from gap import dual, primal
from in_child import Failure, in_child
from measure import RESULTS, save, save_figure
from peers import Problem, load
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

matplotlib.use("Agg")
from matplotlib import pyplot as plt

EPOCHS = (1, 2, 4, 8, 16)
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
GAPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)

SGD_TASKS = (
    "arxiv, 2 classes",
    "arxiv, 20 classes",
    "reddit, 200 classes",
    "synthetic, 2 classes",
    "synthetic, 20 classes",
)
# C and l1_ratio
EXACT_TASKS = {
    "arxiv, 2 classes": [(1, 0), (10, 0), (100, 0), (1, 1), (10, 1), (10, 0.5)],
    "arxiv, 20 classes": [(1, 0), (10, 0)],
    "synthetic, 2 classes": [(10, 0), (10, 1)],
}


def tasks_of(race):
    """Return for each title the data's name and the arguments of the race."""
    if race == "sgd":
        return {name: (name, ()) for name in SGD_TASKS}
    return {
        f"{name}, {Problem(2, C, float(l1_ratio)).penalty}, C={C:g}": (name, (C, l1_ratio))
        for name, strengths in EXACT_TASKS.items()
        for C, l1_ratio in strengths
    }


def get_task(name, folder):
    corpus, classes = name.split(", ")
    n_classes = int(classes.split()[0])
    if corpus == "synthetic":
        return make_task(50_000, 100_000, n_classes, sharpness=0.5 if n_classes == 2 else 1.0)
    task = read_task(folder, corpus)
    return task.halved() if n_classes == 2 else task


class Runner:
    """Fits of the peers on one task, by turns, until each has used up its limit."""

    def __init__(self, peers, problem, task, limit):
        self.problem, self.task, self.limit = problem, task, limit
        self.data, self.conversion, self.failed = {}, {}, {}
        self.peers = [peer for peer in peers if peer.supports(problem, task)]
        tiny = task._replace(X=task.X[:2000], y=task.y[:2000])
        for peer in list(self.peers):

            def warm_up(peer=peer):  # imports, and compiles what a child would have to compile again
                peer.fit(peer.convert(tiny), problem, 1 if peer.kind == "SGD" else 1e-3)

            try:
                in_child(warm_up, 120)  # if it ends the process, then not this one
                warm_up()
                begun = time.perf_counter()
                self.data[peer.name] = peer.convert(task)
                self.conversion[peer.name] = time.perf_counter() - begun
            except Exception as error:
                self.drop(peer, error)

    def drop(self, peer, error):
        self.peers.remove(peer)
        self.failed[peer.name] = f"{type(error).__name__}: {error}".split("\n")[0][:200]
        print(f"    {peer.name} failed: {self.failed[peer.name]}", flush=True)

    def fits(self, effort, repeats, evaluate):
        """Fit every peer left ``repeats`` times; yield each with its times and what ``evaluate`` says of its model."""
        times, values = {peer.name: [] for peer in self.peers}, {}
        for turn in range(repeats):
            for peer in self.peers[:: -1 if turn % 2 else 1]:
                if turn and times[peer.name][0] > self.limit / 4:  # once is enough
                    continue

                def work(peer=peer):
                    begun = time.perf_counter()
                    model = peer.fit(self.data[peer.name], self.problem, effort)
                    seconds = time.perf_counter() - begun
                    return seconds, None if peer.name in values else evaluate(peer, model)

                try:
                    seconds, value = in_child(work, 3 * self.limit)
                except Failure as error:
                    self.drop(peer, error)
                    continue
                values.setdefault(peer.name, value)
                times[peer.name].append(seconds)
        for peer in list(self.peers):
            seconds = times[peer.name]
            yield peer, values[peer.name], {"seconds": min(seconds), "median": float(np.median(seconds))}
            if min(seconds) > self.limit:
                self.peers.remove(peer)


def sgd_race(peers, task, repeats, limit):
    """Return curves: for each peer and number of epochs the seconds, the test log-loss and the accuracy."""
    runner = Runner(peers, Problem(int(task.y.max()) + 1, C=1.0, fit_intercept=True), task, limit)
    curves = {peer.name: {"library": peer.library, "points": []} for peer in runner.peers}

    def evaluate(peer, model):
        p = np.clip(peer.predict_proba(model, task.X_test), 1e-15, 1.0)
        accuracy = float((p.argmax(axis=1) == task.y_test).mean())
        return {"log_loss": log_loss(task.y_test, p / p.sum(axis=1, keepdims=True)), "accuracy": accuracy}

    for epochs in EPOCHS:
        for peer, value, seconds in runner.fits(epochs, repeats, evaluate):
            curves[peer.name]["points"].append({"epochs": epochs, **seconds, **value})
            print(
                f"    {peer.name:42}{epochs:3} epochs {seconds['seconds']:8.3f} s"
                f"  log-loss {value['log_loss']:.4f}  accuracy {value['accuracy']:.4f}",
                flush=True,
            )
    for name, curve in curves.items():
        curve["conversion"] = runner.conversion[name]
    return {"data": task.describe(), "curves": curves, "failed": runner.failed}


def exact_race(peers, task, C, l1_ratio, repeats, limit):
    """Return for each solver and tolerance the seconds and the gap, and the seconds to given gaps."""
    problem = Problem(int(task.y.max()) + 1, float(C), float(l1_ratio))
    runner = Runner(peers, problem, task, limit)
    curves = {peer.name: {"library": peer.library, "points": []} for peer in runner.peers}

    def evaluate(peer, model):
        W, b = peer.weights(model)
        return primal(W, b, task.X, task.y, problem.C, problem.l1_ratio), dual(
            W, task.X, task.y, problem.C, problem.l1_ratio
        )

    best, bound = np.inf, -np.inf
    for tolerance in TOLERANCES:
        for peer, (objective, lower), seconds in runner.fits(tolerance, repeats, evaluate):
            best, bound = min(best, objective), max(bound, lower)
            curves[peer.name]["points"].append({"tolerance": tolerance, **seconds, "objective": objective})
            print(f"    {peer.name:42}{tolerance:8.0e} {seconds['seconds']:8.3f} s  {objective:.6f}", flush=True)
    for name, curve in curves.items():
        curve["conversion"] = runner.conversion[name]
        for point in curve["points"]:
            point["gap"] = (point["objective"] - best) / best
        curve["seconds_to_gap"] = {
            f"{gap:g}": min((p["seconds"] for p in curve["points"] if p["gap"] <= gap), default=None) for gap in GAPS
        }
    return {
        "data": task.describe(),
        "problem": problem._asdict(),
        "objective": best,
        "certified_gap": (best - bound) / best,
        "curves": curves,
        "failed": runner.failed,
    }


def front(curves, library, key, sign):
    """Return the seconds and values of a library's points that are better than all its faster ones, in any setting."""
    points = sorted((p["seconds"], p[key]) for c in curves if c["library"] == library for p in c["points"])
    best, kept = np.inf, []
    for seconds, value in points:
        if sign * value < best:
            best = sign * value
            kept.append((seconds, value))
    return zip(*kept, strict=True)


def draw_sgd(results):
    libraries = sorted({c["library"] for race in results.values() for c in race["curves"].values() if c["points"]})
    colours = {library: plt.get_cmap("tab10")(i % 10) for i, library in enumerate(libraries)}
    figure, axes = plt.subplots(2, len(results), figsize=(3.6 * len(results), 6.5), squeeze=False)
    for column, (name, race) in zip(axes.T, results.items(), strict=True):
        curves = [curve for curve in race["curves"].values() if curve["points"]]
        for library in sorted({curve["library"] for curve in curves}):
            style = {"linewidth": 2.5, "color": "black"} if library == "fastlr" else {"color": colours[library]}
            column[0].semilogx(*front(curves, library, "log_loss", 1), ".-", label=library, **style)
            column[1].semilogx(*front(curves, library, "accuracy", -1), ".-", **style)
        losses = [p["log_loss"] for c in curves for p in c["points"]]
        accuracies = [p["accuracy"] for c in curves for p in c["points"]]
        column[0].set(title=name, ylabel="test log-loss", ylim=(0.97 * min(losses), 1.6 * min(losses)))
        column[1].set(xlabel="seconds", ylabel="test accuracy", ylim=(max(accuracies) - 0.05, max(accuracies) + 0.003))
        column[0].legend(fontsize=6)
    figure.tight_layout()
    save_figure(figure, "peers_sgd")


def draw_exact(results):
    n_columns = min(4, len(results))
    n_rows = -(-len(results) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(4.2 * n_columns, 3.6 * n_rows), squeeze=False)
    libraries = sorted({name for race in results.values() for name in race["curves"]})
    colours = {name: plt.get_cmap("tab20")(i % 20) for i, name in enumerate(libraries)}
    for axis, (name, race) in zip(axes.ravel(), results.items(), strict=False):
        for setting, curve in race["curves"].items():
            points = sorted((p["seconds"], max(p["gap"], 1e-12)) for p in curve["points"])
            style = (
                {"linewidth": 2.5, "color": "black"} if curve["library"] == "fastlr" else {"color": colours[setting]}
            )
            axis.loglog(*zip(*points, strict=True), ".-", label=setting, **style)
        axis.set(title=name, xlabel="seconds", ylabel="gap", ylim=(1e-9, 1))
    for axis in axes.ravel()[len(results) :]:
        axis.remove()
    handles = {label: h for a in figure.axes for h, label in zip(*a.get_legend_handles_labels(), strict=True)}
    figure.tight_layout()
    figure.legend(handles.values(), handles.keys(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, fontsize=8)
    save_figure(figure, "peers_exact")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--race", nargs="+", choices=["sgd", "exact"], default=["sgd", "exact"])
    parser.add_argument("--tasks", nargs="+", metavar="NAME", help="only tasks whose names contain one of these")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only libraries whose names contain one of these")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of the longest fit")
    add_data_option(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    found = [*find_corpora(options.data), "synthetic"]
    path = RESULTS / "peers.json"
    results = json.loads(path.read_text()) if path.exists() else {"sgd": {}, "exact": {}}
    results.pop("machine", None)

    def chosen(name, parts):
        return not parts or any(part in name for part in parts)

    for race in options.race:
        peers, results["missing"] = load(race.upper())
        peers = [peer for peer in peers if chosen(peer.name, options.peers)]
        for name, reason in results["missing"].items():
            print(f"{name} is missing: {reason}")
        run = sgd_race if race == "sgd" else exact_race
        for title, (name, arguments) in tasks_of(race).items():
            if name.split(",")[0] in found and chosen(title, options.tasks):
                print(f"\n{title}", flush=True)
                with threadpool_limits(1):
                    result = run(peers, get_task(name, options.data), *arguments, options.repeats, options.limit)
                results[race][title] = {"repeats": options.repeats, "limit": options.limit, **result}
                save("peers", results)
    if results["sgd"]:
        draw_sgd(results["sgd"])
    if results["exact"]:
        draw_exact(results["exact"])


if __name__ == "__main__":
    main()
