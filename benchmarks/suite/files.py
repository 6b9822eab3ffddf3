"""The cost of model files, and what checkpoints add to a fit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from harness.measure import seconds_of

import fastlr

from .cases import make_case


class ModelFiles:
    """Weights of 80 MB, all of them or 1% not 0."""

    param_names = ("share of weights that are not 0",)
    params = ([1.0, 0.01],)
    rounds = 1
    repeat = (2, 8, 4.0)

    def setup(self, share):
        if not hasattr(fastlr, "save"):
            raise NotImplementedError("no model files")  # asv then skips
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "model"
        X = sp.csr_array(([1.0], ([0], [0])), (2, 10_000_000))
        self.model = fastlr.SGDClassifier(max_iter=1).fit(X, [0, 1])
        rng = np.random.default_rng(0)
        self.model.coef_ = np.where(rng.random((1, X.shape[1])) < share, rng.normal(size=(1, X.shape[1])), 0.0)
        fastlr.save(self.model, self.path)

    def time_save(self, share):
        fastlr.save(self.model, self.path)

    def time_load(self, share):
        fastlr.load(self.path)

    def time_load_mapped(self, share):
        fastlr.load(self.path, mmap=True, verify=False)

    def track_size(self, share):
        return self.path.stat().st_size

    track_size.unit = "bytes"
    track_size.pretty_name = "model files: size"
    time_save.pretty_name = "model files: save"
    time_load.pretty_name = "model files: load"
    time_load_mapped.pretty_name = "model files: load, memory-mapped and unverified"


class Checkpoints:
    """A fit of the base case with a checkpoint at its beginning and end, as a multiple of one without."""

    def setup(self):
        if not hasattr(fastlr, "save"):
            raise NotImplementedError("no checkpoints")
        self.model, self.task = make_case("base")
        self.folder = tempfile.TemporaryDirectory()
        self.model.set_params(max_iter=5)

    def track_ratio(self):
        X, y, path = self.task.X, self.task.y, Path(self.folder.name) / "checkpoint"
        plain, kept = [], []
        for _ in range(7):
            plain.append(seconds_of(lambda: self.model.fit(X, y)))
            kept.append(seconds_of(lambda: self.model.fit(X, y, checkpoint=path)))
        return min(kept) / min(plain)

    track_ratio.unit = "times"
    track_ratio.pretty_name = "checkpoints: a fit with two, beside one without"
