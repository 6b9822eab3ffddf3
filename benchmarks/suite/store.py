"""Stores: the cost of writing one, and an epoch over it compared with the same rows in memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from harness.measure import seconds_of

import fastlr

from .cases import make_case

SHARD_BYTES = 1 << 22  # several shards of the base case


class Stores:
    """The base case in shards of 4 MB."""

    def setup(self):
        if not hasattr(fastlr, "write_store"):
            raise NotImplementedError("no stores")  # asv then skips
        self.model, self.task = make_case("base")
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "rows"
        self.write(self.path)
        self.store = fastlr.open_store(self.path)

    def write(self, path):
        fastlr.write_store(path, self.task.X, self.task.y, shard_bytes=SHARD_BYTES)

    def teardown(self):
        self.folder.cleanup()

    def track_write(self):
        times = []
        for i in range(3):
            path = Path(self.folder.name) / str(i)
            times.append(seconds_of(lambda path=path: self.write(path)))
            size = sum(file.stat().st_size for file in path.iterdir())
            shutil.rmtree(path)
        return size / 1e6 / min(times)

    def track_epoch(self):
        self.model.set_params(max_iter=5)
        here, there = [], []
        for _ in range(5):
            here.append(seconds_of(lambda: self.model.fit(self.task.X, self.task.y)))
            there.append(seconds_of(lambda: self.model.fit(self.store)))
        return min(there) / min(here)

    track_write.unit = "MB/s"
    track_epoch.unit = "times"
    track_write.pretty_name = "stores: written"
    track_epoch.pretty_name = "stores: a fit of 5 epochs, beside one in memory"
