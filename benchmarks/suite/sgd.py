"""Training by gradient descent, and prediction: time, memory and model quality."""

from __future__ import annotations

import warnings
from typing import ClassVar

from experiments.roofline import roofline
from harness.corpora import make_task
from harness.epochs import epoch_seconds, reference_epoch_seconds
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from fastlr import SGDClassifier

from .cases import CASES, SIZE, make_case


def rounded(x):
    """Return a number with the digits that are worth showing."""
    return float(f"{x:.4g}")


class Case:
    """A benchmark over all cases."""

    param_names = ("case",)
    params = (list(CASES),)
    rounds = 1
    repeat = (2, 8, 4.0)

    def setup(self, case):
        warnings.simplefilter("ignore", ConvergenceWarning)
        self.model, self.task = make_case(case)


class Training(Case):
    """A whole fit of one epoch, checks included."""

    def time_epoch(self, case):
        self.model.fit(self.task.X, self.task.y)

    def peakmem_epoch(self, case):
        self.model.fit(self.task.X, self.task.y)

    time_epoch.pretty_name = "SGDClassifier: a fit of one epoch"
    peakmem_epoch.pretty_name = "SGDClassifier: memory of a fit, data and process included"


class Watching:
    """What it costs to watch a fit of five epochs, beside the fit."""

    param_names = ("watched",)
    params = (["not", "full", "eval_set", "early_stopping"],)
    rounds = 1
    repeat = (2, 8, 4.0)

    def setup(self, watched):
        self.model, self.task = make_case("base")
        self.model.set_params(max_iter=5)
        if watched == "full":
            self.model.set_params(history="full")
        if watched == "early_stopping":
            self.model.set_params(early_stopping=True, n_iter_no_change=5)
        self.eval_set = (self.task.X_test, self.task.y_test) if watched == "eval_set" else None

    def time_fit(self, watched):
        self.model.fit(self.task.X, self.task.y, eval_set=self.eval_set)

    time_fit.pretty_name = "SGDClassifier: a watched fit of five epochs"


class Kernel(Case):
    """An epoch by itself, the difference of longer and shorter fits."""

    def track_ns_per_nonzero(self, case):
        return rounded(1e9 * epoch_seconds(self.model, self.task.X, self.task.y) / self.task.X.nnz)

    def track_fraction_of_roofline(self, case):
        n_outputs = self.model.coef_.shape[0]
        lazy = self.model.penalty in ("l1", "elasticnet")
        full = self.model.batch_size == "full"
        floor = roofline(self.task.X, n_outputs, lazy, self.model.shuffle and not full)
        return rounded(floor["seconds"] / epoch_seconds(self.model, self.task.X, self.task.y))

    track_ns_per_nonzero.unit = "ns"
    track_ns_per_nonzero.pretty_name = "SGDClassifier: an epoch, by non-zero"
    track_fraction_of_roofline.unit = "roofline"
    track_fraction_of_roofline.pretty_name = "SGDClassifier: fraction of the roofline"


class Options:
    """What else a step may do, as multiples of the plain step's epoch; of threads, its part."""

    param_names = ("option", "case")
    params = (
        ["average", "adagrad", "ftrl", "two threads", "two threads, no locks"],
        ["base", "penalty=l1", "classes=20"],
    )
    settings: ClassVar = {
        "average": {"average": True},
        "adagrad": {"optimizer": "adagrad"},
        "ftrl": {"optimizer": "ftrl"},
        "two threads": {"n_jobs": 2},
        "two threads, no locks": {"n_jobs": 2, "deterministic": False},
    }

    def setup(self, option, case):
        warnings.simplefilter("ignore")  # two threads on one processor
        self.plain, self.task = make_case(case)
        self.model = SGDClassifier(**{**self.plain.get_params(), **self.settings[option]})
        self.model.fit(self.task.X[:1000], self.task.y[:1000])

    def track_cost(self, option, case):
        X, y = self.task.X, self.task.y
        return rounded(epoch_seconds(self.model, X, y) / epoch_seconds(self.plain, X, y))

    track_cost.unit = "times"
    track_cost.pretty_name = "SGDClassifier: an epoch with an option, beside the plain one"


class AgainstNumpy(Case):
    """The NumPy reference's epoch over fastlr's."""

    params = (["base", "penalty=l1", "penalty=elasticnet", "classes=20", "batch=32", "dtype=float32"],)

    def track_speedup_vs_numpy(self, case):
        X, y = self.task.X, self.task.y
        return rounded(reference_epoch_seconds(self.model, X, y) / epoch_seconds(self.model, X, y))

    track_speedup_vs_numpy.unit = "x"
    track_speedup_vs_numpy.pretty_name = "SGDClassifier: times as fast as the NumPy reference"


class Prediction(Case):
    params = (["base", "backend=cython", "classes=20", "classes=200", "dtype=float32"],)

    def time_predict(self, case):
        self.model.predict(self.task.X)

    def time_predict_proba(self, case):
        self.model.predict_proba(self.task.X)

    def peakmem_predict_proba(self, case):
        self.model.predict_proba(self.task.X)

    time_predict.pretty_name = "predict, 30,000 rows"
    time_predict_proba.pretty_name = "predict_proba, 30,000 rows"
    peakmem_predict_proba.pretty_name = "predict_proba: memory, data and process included"


class Streaming(Case):
    """A hundred calls of partial_fit, a hundred rows each: the overhead of a call shows here."""

    params = (["base", "penalty=l1", "classes=20"],)

    def setup(self, case):
        super().setup(case)
        self.chunks = [(self.task.X[i : i + 100], self.task.y[i : i + 100]) for i in range(0, 10_000, 100)]

    def time_partial_fit(self, case):
        model = SGDClassifier(**self.model.get_params())
        for X, y in self.chunks:
            model.partial_fit(X, y, classes=self.model.classes_)

    time_partial_fit.pretty_name = "SGDClassifier: 100 calls of partial_fit"


class Quality:
    """What the defaults reach on rows that they did not see."""

    param_names = ("case",)
    params = (["base", "penalty=l1", "penalty=elasticnet", "classes=20", "batch=32"],)

    def setup(self, case):
        settings = dict(CASES[case])
        n_classes = settings.pop("n_classes", 2)
        self.task = make_task(**SIZE, n_classes=n_classes, sharpness=0.5 if n_classes == 2 else 1.0)
        self.model = SGDClassifier(random_state=0, **settings)

    def track_test_log_loss(self, case):
        self.model.fit(self.task.X, self.task.y)
        return rounded(log_loss(self.task.y_test, self.model.predict_proba(self.task.X_test)))

    track_test_log_loss.unit = "nats"
    track_test_log_loss.pretty_name = "SGDClassifier: test log-loss of the defaults"
