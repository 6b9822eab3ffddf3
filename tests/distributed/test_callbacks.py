"""scikit-learn's callbacks on rows in partitions: they are shown the models, not the rows."""

import pytest
from helpers import random_labels, random_rows
from helpers.partitions import blocks_of

from fastlr import LogisticRegression, LogisticRegressionCV
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partitioned_rows import PartitionedRows

pytest.importorskip("sklearn.callback")


class Recorder:
    """Notes the tasks that end, and what it is shown."""

    def __init__(self):
        self.ended, self.shown, self.models = [], [], []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        pass

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.ended.append(context.task_name)
        self.shown += [X, y, metadata]
        self.models.append(fitted_estimator)


def test_callbacks_see_each_iteration_and_its_model():
    X, y = random_rows(90, 10, 0.3), random_labels(90, 2)
    rows, recorder = PartitionedRows(ThisProcess(), blocks_of(X, y, n=3)), Recorder()
    model = LogisticRegression().set_callbacks(recorder).fit(rows)
    assert recorder.ended.count("iteration") == model.n_iter_[0] > 0
    assert recorder.models[0].predict_proba(X).shape == (90, 2)
    assert set(recorder.shown) == {None}
    recorder = Recorder()
    LogisticRegressionCV(Cs=[0.1, 1.0], cv=2).set_callbacks(recorder).fit(rows, None)
    assert [recorder.ended.count(name) for name in ("fold", "C", "refit", "fit")] == [2, 4, 1, 1]
