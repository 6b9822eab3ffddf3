"""The cost of the first use: the import and the first fit, with a cold and a warm kernel cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

FIRST_FIT = """
import time
import scipy.sparse as sp
X = sp.random(100, 50, 0.1, format="csr", random_state=0)
begun = time.perf_counter()
from fastlr import SGDClassifier
SGDClassifier(backend="{backend}", random_state=0).fit(X, [0, 1] * 50)
print(time.perf_counter() - begun)
"""


def seconds_of_first_fit(backend, cache):
    """Return the seconds from the import to the end of a fit of 100 rows, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", FIRST_FIT.format(backend=backend)],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    return float(run.stdout)


class Import:
    rounds = 1
    repeat = 5
    number = 1

    def timeraw_fastlr(self):
        return "import fastlr"

    def timeraw_estimator(self):
        return "from fastlr import SGDClassifier"

    timeraw_fastlr.pretty_name = "cold start: import fastlr"
    timeraw_estimator.pretty_name = "cold start: import of an estimator"


class FirstFit:
    timeout = 300

    def setup(self):
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        self.folder.cleanup()

    def track_empty_cache(self):
        return seconds_of_first_fit("numba", self.folder.name)

    def track_warm_cache(self):
        seconds_of_first_fit("numba", self.folder.name)
        return min(seconds_of_first_fit("numba", self.folder.name) for _ in range(3))

    def track_cython(self):
        return min(seconds_of_first_fit("cython", self.folder.name) for _ in range(3))

    track_empty_cache.unit = track_warm_cache.unit = track_cython.unit = "seconds"
    track_empty_cache.pretty_name = "cold start: first fit, compiled by Numba"
    track_warm_cache.pretty_name = "cold start: first fit, Numba's cache warm"
    track_cython.pretty_name = "cold start: first fit, Cython"
