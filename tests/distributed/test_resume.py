"""A fit that was interrupted resumes from its checkpoint to the same bits."""

import numpy as np
import pytest
from helpers import random_labels, random_rows
from helpers.partitions import blocks_of

from fastlr import LogisticRegression
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partitioned_rows import PartitionedRows
from fastlr.training.checkpoint import Checkpoint


def parted(seed=0, n=4):
    X, y = random_rows(150, 30, 0.15, seed=seed), random_labels(150, 3)
    return PartitionedRows(ThisProcess(), blocks_of(X, y, n=n))


def interrupt(monkeypatch, after):
    """Press Ctrl-C once the iterate of this number is in the checkpoint."""
    written = []
    original = Checkpoint.tick

    def tick(self):
        original(self)
        written.append(1)
        if len(written) == after + 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "tick", tick)


@pytest.mark.parametrize(("C", "l1_ratio"), [(10.0, 0.0), (1.0, 1.0), (1.0, 0.5)])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_resuming_gives_the_same_bits(tmp_path, monkeypatch, C, l1_ratio, after):
    file = tmp_path / "checkpoint"
    parameters = dict(C=C, l1_ratio=l1_ratio, tol=1e-6)
    whole = LogisticRegression(**parameters).fit(parted())
    assert whole.n_iter_[0] > 3
    with monkeypatch.context() as patched:
        interrupt(patched, after)
        with pytest.raises(KeyboardInterrupt):
            LogisticRegression(**parameters).fit(parted(), checkpoint=file, checkpoint_every=0)
    rest = LogisticRegression(**parameters).fit(parted(), checkpoint=file, checkpoint_every=0, resume=True)
    again = LogisticRegression(**parameters).fit(parted(), checkpoint=file, resume=True)
    for model in (rest, again):
        for name in ("coef_", "intercept_", "n_iter_", "objective_", "dual_objective_"):
            np.testing.assert_array_equal(getattr(model, name), getattr(whole, name), err_msg=name)


def test_a_matrix_resumes_too(tmp_path, monkeypatch):
    X, y = random_rows(150, 30, 0.15), random_labels(150, 3)
    whole = LogisticRegression(solver="newton", C=10.0).fit(X, y)
    file = tmp_path / "checkpoint"
    with monkeypatch.context() as patched:
        interrupt(patched, 2)
        with pytest.raises(KeyboardInterrupt):
            LogisticRegression(solver="newton", C=10.0).fit(X, y, checkpoint=file, checkpoint_every=0)
    rest = LogisticRegression(solver="newton", C=10.0).fit(X, y, checkpoint=file, resume=True)
    np.testing.assert_array_equal(rest.coef_, whole.coef_)


@pytest.mark.filterwarnings("ignore:Solver")
def test_other_rows_partitions_or_parameters_are_refused(tmp_path):
    file = tmp_path / "checkpoint"
    LogisticRegression(max_iter=1).fit(parted(), checkpoint=file, checkpoint_every=0)
    for rows in (parted(seed=1), parted(n=5)):
        with pytest.raises(ValueError, match="the checksum of the rows was"):
            LogisticRegression().fit(rows, checkpoint=file, resume=True)
    with pytest.raises(ValueError, match=r"C was 1\.0 and is 2\.0"):
        LogisticRegression(C=2.0).fit(parted(), checkpoint=file, resume=True)


def test_a_solver_that_cannot_resume_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="needs a solver that can resume"):
        LogisticRegression(solver="gd").fit(parted(), checkpoint=tmp_path / "checkpoint")
