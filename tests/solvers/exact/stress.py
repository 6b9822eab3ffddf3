"""Fits small dense problems with every penalty, strength, type, solver and backend, and prints a table.

    cd tests
    python -m solvers.exact.stress [--share 0.33] [--backends cython numba numpy] [--solvers newton] [--save FILE]

Each fit meets its certificate, or stops in bounded time with a ConvergenceWarning that says why. Whatever else happens
is a fault, and listed: an exception, another warning, numbers that are not finite, an objective above that of
scikit-learn by more than ``tol``, or a lower bound above it. `test_small_dense_problems` has a part of these fits.
"""

import argparse
import json
import re
import signal
import time
import warnings
from collections import Counter, defaultdict
from functools import cache

import numpy as np
import sklearn
from helpers.small_problems import PENALTIES, PROBLEMS
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression as Reference

from fastlr import LogisticRegression, kernels
from fastlr.solvers.exact.registry import SOLVERS

TOL = 1e-5
LIMIT = 10  # seconds of a processor for a fit
REASONS = {
    "max_iter": "after max_iter",
    "no more progress": "makes no more progress",
    "separable": "are linearly separable",
    "quasi-separable": "partly separable",
}


class TooLong(BaseException):
    """Raised in a fit that takes more than `LIMIT`; no handler of exceptions keeps it."""


def objective(coef, intercept, X, y, s, C, l1_ratio=0.0):
    """Return the sum of the weighted losses plus the penalty, in float64."""
    scores = X @ coef.T.astype(float) + intercept
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    losses = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    charge = l1_ratio * np.abs(coef.astype(float)).sum() + (1 - l1_ratio) / 2 * (coef.astype(float) ** 2).sum()
    return float((s * losses).sum() + charge / C)


@cache
def reference(name, C, l1_ratio, fit_intercept):
    """Return the least objective that scikit-learn finds."""
    X, y, s = PROBLEMS[name]()
    s = np.ones(len(y)) if s is None else s
    least = np.inf
    for solver in ("saga",) if l1_ratio else ("lbfgs", "newton-cholesky"):
        model = Reference(C=C, l1_ratio=l1_ratio, solver=solver, tol=1e-10, max_iter=1000, fit_intercept=fit_intercept)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                model.fit(X, y, s)
            except (ValueError, np.linalg.LinAlgError):
                continue
        value = objective(model.coef_, model.intercept_, X, y, s, C, l1_ratio)
        least = min(least, value if np.isfinite(value) else np.inf)
    return least


def verdict(name, settings, fit_intercept, dtype, solver, backend, max_iter=1000):
    """Return what became of a fit, whether it is a fault, and the solver that ran."""
    X, y, s = PROBLEMS[name]()
    X = X.astype(dtype)
    model = LogisticRegression(
        **settings, solver=solver, backend=backend, fit_intercept=fit_intercept, tol=TOL, max_iter=max_iter,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(X, y, s)
        except TooLong:
            return f"over {LIMIT} s", True, solver
        except Exception as error:  # any exception is a fault
            return f"{type(error).__name__}: {error}", True, solver
    others = [w for w in caught if not issubclass(w.category, ConvergenceWarning)]
    if others:
        return f"{others[0].category.__name__}: {others[0].message}", True, model.solver_
    if not (np.isfinite(model.coef_).all() and np.isfinite(model.intercept_).all()):
        return "not finite", True, model.solver_
    X, s = X.astype(np.float64), np.ones(len(y)) if s is None else s
    own = objective(model.coef_, model.intercept_, X, y, s, **settings)
    bound = model.dual_objective_ * s.sum()
    # The reference has the rows of float64.
    rounding = 1e-12 if dtype == "float64" else 1e-5
    least = reference(name, settings["C"], settings.get("l1_ratio", 0.0), fit_intercept)
    if bound > min(least, own) * (1 + rounding) + 1e-12:
        return f"bound {bound:.9g} above the objective {min(least, own):.9g}", True, model.solver_
    if model.converged_ and np.isfinite(settings["C"]) and own > least * (1 + TOL + rounding) + 1e-9:
        return f"objective {own:.9g} above {least:.9g}", True, model.solver_
    if model.converged_:
        return ("converged" if not caught else f"converged, but: {caught[0].message}"), bool(caught), model.solver_
    if not caught:
        return "not converged, without a warning", True, model.solver_
    text = str(caught[0].message)
    return next((reason for reason, part in REASONS.items() if part in text), text), False, model.solver_


def fits(backends, wanted, share, seed):
    """Yield the arguments of `verdict` for a share of all fits."""
    rng = np.random.default_rng(seed)
    for name in PROBLEMS:
        for kind, strengths in PENALTIES.items():
            for settings in strengths:
                for dtype in ("float64", "float32"):
                    for backend in backends:
                        solvers = [
                            s.name for s in SOLVERS.values() if kind in s.penalties and s.runs_on(kernels.load(backend))
                        ]
                        for solver in ("auto", *solvers):
                            fit_intercept = rng.random() < 0.8
                            if rng.random() < share and solver in wanted:
                                yield kind, (name, settings, bool(fit_intercept), dtype, solver, backend)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the fits to make")
    parser.add_argument("--seed", type=int, default=0, help="draws that share")
    parser.add_argument("--backends", nargs="+", default=["cython", "numba", "numpy"])
    parser.add_argument("--solvers", nargs="+", default=["auto", *SOLVERS], choices=["auto", *SOLVERS])
    parser.add_argument("--save", help="file for the outcome of every fit, as JSON")
    options = parser.parse_args()

    def stop(*_):
        raise TooLong

    signal.signal(signal.SIGPROF, stop)
    table, faults, worst, outcomes = defaultdict(Counter), Counter(), Counter(), []
    for kind, arguments in fits(options.backends, options.solvers, options.share, options.seed):
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        begun = time.process_time()
        outcome, is_fault, solver = verdict(*arguments)
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds = time.process_time() - begun
        row = kind, "auto" if arguments[4] == "auto" else solver, arguments[3]
        table[row]["fault" if is_fault else outcome] += 1
        worst[row] = max(worst[row], seconds)
        if is_fault:
            faults[re.sub(r"[-+.\d]*\d(e[-+]?\d+)?", "#", outcome)] += 1
            print(*arguments, outcome, f"{seconds:.2f} s", flush=True)
        outcomes.append([*map(str, arguments), outcome, is_fault, seconds])
    columns = ["converged", *REASONS, "fault"]
    print(f"\nscikit-learn {sklearn.__version__}, share {options.share:g}, backends {', '.join(options.backends)}\n")
    print("| penalty | solver | type | fits | " + " | ".join(columns) + " | longest, s |")
    print("| --- " * (len(columns) + 5) + "|")
    total = Counter()
    for row, counts in table.items():
        total += counts
        cells = [*row, counts.total(), *(counts[c] for c in columns), f"{worst[row]:.2f}"]
        print("| " + " | ".join(map(str, cells)) + " |")
    cells = ["all", "", "", total.total(), *(total[c] for c in columns), f"{max(worst.values()):.2f}"]
    print("| " + " | ".join(map(str, cells)) + " |\n")
    for fault, n in faults.most_common():
        print(n, fault)
    if options.save:
        with open(options.save, "w", encoding="utf-8") as file:
            json.dump(outcomes, file, indent=0)


if __name__ == "__main__":
    main()
