"""Two races over one task: gradient descent by test loss over time, exact solvers by the gap that they reach.

Fits take turns, in reversed order every other round; the best and median of the rounds are kept. Each fit runs in a
child forked off this process, in which everything is warm, so that a library that crashes or never ends takes nothing
with it. A fit longer than ``limit`` seconds is a library's last on the task.
"""

from __future__ import annotations

import time

import numpy as np
from harness.in_child import Failure, in_child
from peers import Problem
from sklearn.metrics import log_loss

import fastlr
from races.judge import dual, primal

EPOCHS = (1, 2, 4, 8, 16)
TOLERANCES = tuple(10.0 ** (-k / 2) for k in range(17))  # of each library's own: 1, 0.3, 0.1, ... 1e-8
GAPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
TARGET = 1e-5  # the gap at which libraries are timed in rounds
# The tolerance of the model whose weights give the bound to start with. Under L2 a bound of weights is much farther
# from the optimum than their objective is.
REFERENCE = {"l2": 1e-9, "l1": 1e-7, "elasticnet": 1e-7}


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
                if peer.warms_up:
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

    def fits(self, efforts, repeats, evaluate):
        """Fit ``repeats`` times each peer left that ``efforts`` has.

        Yield each with its times and what ``evaluate`` says of its model.
        """
        racing = [peer for peer in self.peers if peer.name in efforts]
        times, values = {peer.name: [] for peer in racing}, {}
        for turn in range(repeats):
            for peer in racing[:: -1 if turn % 2 else 1]:
                # Who failed is out; and once is enough of a long fit.
                if peer not in self.peers or (turn and times[peer.name][0] > self.limit / 4):
                    continue

                def work(peer=peer):
                    begun = time.perf_counter()
                    model = peer.fit(self.data[peer.name], self.problem, efforts[peer.name])
                    seconds = time.perf_counter() - begun
                    return seconds, None if peer.name in values else evaluate(peer, model)

                try:
                    seconds, value = in_child(work, 3 * self.limit)
                except Failure as error:
                    self.drop(peer, error)
                    continue
                values.setdefault(peer.name, value)
                times[peer.name].append(seconds)
        for peer in [peer for peer in racing if peer in self.peers]:
            seconds = times[peer.name]
            yield peer, values[peer.name], {"seconds": min(seconds), "median": float(np.median(seconds))}
            if min(seconds) > self.limit:
                self.peers.remove(peer)

    def curves(self):
        """Return a curve without points for each peer."""
        return {
            peer.name: {"library": peer.library, "conversion": self.conversion[peer.name], "points": []}
            for peer in self.peers
        }


def sgd_race(peers, task, repeats, limit):
    """Return curves: for each peer and number of epochs the seconds, the test log-loss and the accuracy."""
    runner = Runner(peers, Problem(int(task.y.max()) + 1, C=1.0, fit_intercept=True), task, limit)
    curves = runner.curves()

    def evaluate(peer, model):
        p = np.clip(peer.predict_proba(model, task.X_test), 1e-15, 1.0)
        accuracy = float((p.argmax(axis=1) == task.y_test).mean())
        labels = np.arange(p.shape[1])
        return {
            "log_loss": log_loss(task.y_test, p / p.sum(axis=1, keepdims=True), labels=labels),
            "accuracy": accuracy,
        }

    for epochs in EPOCHS:
        for peer, value, seconds in runner.fits(dict.fromkeys(curves, epochs), repeats, evaluate):
            curves[peer.name]["points"].append({"epochs": epochs, **seconds, **value})
            print(
                f"    {peer.name:42}{epochs:3} epochs {seconds['seconds']:8.3f} s"
                f"  log-loss {value['log_loss']:.4f}  accuracy {value['accuracy']:.4f}",
                flush=True,
            )
    return {"data": task.describe(), "curves": curves, "failed": runner.failed}


class Judge:
    """Objectives by NumPy, and the greatest lower bound that any model's probabilities have given so far."""

    def __init__(self, task, problem):
        self.task, self.problem, self.bound = task, problem, -np.inf

    def evaluate(self, W, b):
        """Return the objective of weights, and the lower bound that they give."""
        strengths = self.problem.C, self.problem.l1_ratio
        return primal(W, b, self.task.X, self.task.y, *strengths), dual(W, self.task.X, self.task.y, *strengths)

    def gap(self, objective):
        """Return by how much of itself the objective exceeds the least one at most."""
        return (objective - self.bound) / objective

    def start(self, seconds):
        """Take the bound that a model of fastlr's gives, if it is there in so many seconds."""

        def fit():
            settings = {"C": self.problem.C, "l1_ratio": self.problem.l1_ratio, "tol": REFERENCE[self.problem.penalty]}
            model = fastlr.LogisticRegression(fit_intercept=False, random_state=0, **settings)
            return self.evaluate(model.fit(self.task.X, self.task.y).coef_.T, 0.0)

        try:
            objective, self.bound = in_child(fit, seconds)
            print(f"    least objective {objective:.8g}, certified to {self.gap(objective):.0e}", flush=True)
        except Failure as error:
            print(f"    no bound to start with: {error}", flush=True)


def exact_race(peers, task, C, l1_ratio, repeats, limit):
    """Return for each solver and tolerance the seconds and the gap, and the seconds to given gaps.

    Every solver is asked once for each tolerance, ever tighter, until its model is as near the optimum as the smallest
    of ``GAPS``. Then those that came to ``TARGET`` are timed in rounds, each at the loosest tolerance that did it. Gaps
    are certified: the distance from a lower bound of every model's objective.
    """
    problem = Problem(int(task.y.max()) + 1, float(C), float(l1_ratio))
    runner, judge = Runner(peers, problem, task, limit), Judge(task, problem)
    judge.start(10 * limit)
    curves = runner.curves()

    def evaluate(peer, model):
        return judge.evaluate(*peer.weights(model))

    left = set(curves)
    for tolerance in TOLERANCES:
        for peer, (objective, lower), seconds in runner.fits(dict.fromkeys(left, tolerance), 1, evaluate):
            judge.bound = max(judge.bound, lower)
            gap = judge.gap(objective)
            curves[peer.name]["points"].append({"tolerance": tolerance, **seconds, "objective": objective})
            print(f"    {peer.name:42}{tolerance:8.0e} {seconds['seconds']:8.3f} s  gap {gap:.1e}", flush=True)
            if gap <= min(GAPS):
                left.remove(peer.name)
    targets = {}
    for name, curve in curves.items():
        for point in curve["points"]:
            point["gap"] = judge.gap(point["objective"])
        targets[name] = next((point for point in curve["points"] if point["gap"] <= TARGET), None)
    efforts = {name: point["tolerance"] for name, point in targets.items() if point}
    for peer, _, seconds in runner.fits(efforts, repeats, lambda peer, model: None):
        targets[peer.name].update(seconds)
        print(f"    {peer.name:42}gap {TARGET:g} after {seconds['seconds']:.3f} s", flush=True)
    for name, curve in curves.items():
        curve["target"] = targets[name]
        curve["seconds_to_gap"] = {
            f"{gap:g}": min((p["seconds"] for p in curve["points"] if p["gap"] <= gap), default=None) for gap in GAPS
        }
        if targets[name]:
            curve["seconds_to_gap"][f"{TARGET:g}"] = targets[name]["seconds"]
    best = min((p["objective"] for curve in curves.values() for p in curve["points"]), default=None)
    return {
        "data": task.describe(),
        "problem": problem._asdict(),
        "objective": best,
        "certified_gap": None if best is None else judge.gap(best),
        "curves": curves,
        "failed": runner.failed,
    }
