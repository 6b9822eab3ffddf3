"""SciPy's L-BFGS, on features scaled so that the objective curves equally along each where a run starts."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from fastlr.objective.row_passes import RowPasses
from fastlr.solvers.exact.smooth_objective import Smooth
from fastlr.solvers.exact.task import Iterate, Start, Task
from fastlr.utils.sums import row_sums

# Steps of a run. The model is certified between runs; a run loses the curvature that the previous one has learned.
RUN = 50

# SciPy's steps call BLAS on matrices of some 20 rows, whose threads would only wait for each other: on a busy machine,
# 100 runs on 569 rows of 30 features take 1.8 s of processor time instead of 18.
blas_threads = functools.cache(ThreadpoolController)


def lbfgs(passes: RowPasses, task: Task, start: Start) -> Iterator[Iterate]:
    """Yield the model after each run, for an L2 penalty or none; end when a run makes no progress.

    A run has up to `RUN` steps, and ends early when the estimated gap is a hundredth of that at its start.
    """
    smooth = Smooth(passes, task.penalty.l2, task.fit_intercept)
    theta = smooth.unknowns(start)
    shape = theta.shape
    value, gradient, curvatures = smooth.value_and_gradient(theta, smooth.scores(theta))
    guess = smooth.guess(value, gradient)
    scale = np.empty(shape)
    yield Iterate(*smooth.model(theta), guess, objective=value)

    def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal guess
        theta = scale * x.reshape(shape)
        value, gradient, _ = smooth.value_and_gradient(theta, smooth.scores(theta))
        guess = smooth.guess(value, gradient)
        return value, (scale * gradient).ravel()

    while guess > 0.0:
        before, enough = guess, 0.01 * guess
        diagonal = smooth.hessian_diagonal(curvatures)
        scale = np.divide(1.0, np.sqrt(diagonal), out=np.ones(shape), where=diagonal > 0.0)

        def stop(x: np.ndarray, enough: float = enough) -> None:
            if guess <= enough:
                raise StopIteration

        with blas_threads().limit(limits=1, user_api="blas"):
            result = minimize(
                evaluate,
                (theta / scale).ravel(),
                jac=True,
                method="L-BFGS-B",
                callback=stop,
                options={"maxiter": RUN, "maxls": 50, "ftol": 0.0, "gtol": 0.0},
            )
        new = scale * result.x.reshape(shape)
        if not (result.fun < value - smooth.rounding * abs(value) or guess < 0.5 * before):
            break
        theta = new
        if shape[1] > 1:  # a shift of all classes changes no probability, and the penalty is least if they sum to 0
            theta -= row_sums(theta)[:, None] / shape[1]
        value, _, curvatures = smooth.value_and_gradient(theta, smooth.scores(theta))
        yield Iterate(*smooth.model(theta), guess, objective=value)
    yield Iterate(*smooth.model(theta), 0.0)
