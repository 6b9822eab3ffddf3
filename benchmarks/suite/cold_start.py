"""The cost of the first use: import, version, first fit and prediction, and the package itself."""

from __future__ import annotations

import tempfile

from harness.start import build_wheel, count_compiled, first_fit, seconds_of_command, seconds_of_import


class Start:
    def track_import(self):
        return min(seconds_of_import() for _ in range(5))

    def track_version(self):
        return min(seconds_of_command("--version") for _ in range(5))

    track_import.unit = track_version.unit = "seconds"
    track_import.pretty_name = "cold start: import fastlr, after NumPy"
    track_version.pretty_name = "cold start: fastlr --version"


class First:
    timeout = 300
    params = (["SGDClassifier", "LogisticRegression"], ["fit", "predict"])
    param_names = ("estimator", "step")

    def setup(self, estimator, step):
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self, estimator, step):
        self.folder.cleanup()

    def track_empty_cache(self, estimator, step):
        return first_fit(estimator, "numba", self.folder.name)[step]

    def track_warm_cache(self, estimator, step):
        first_fit(estimator, "numba", self.folder.name)
        return min(first_fit(estimator, "numba", self.folder.name)[step] for _ in range(3))

    def track_cython(self, estimator, step):
        return min(first_fit(estimator, "cython")[step] for _ in range(3))

    track_empty_cache.unit = track_warm_cache.unit = track_cython.unit = "seconds"
    track_empty_cache.pretty_name = "cold start: compiled by Numba"
    track_warm_cache.pretty_name = "cold start: Numba's cache warm"
    track_cython.pretty_name = "cold start: Cython"


class Compiled:
    timeout = 300
    params = ("SGDClassifier", "LogisticRegression")
    param_names = ("estimator",)

    def track_functions(self, estimator):
        return count_compiled(estimator)

    track_functions.unit = "functions"
    track_functions.pretty_name = "cold start: functions that Numba compiles for a first fit and prediction"


class Package:
    timeout = 600

    def track_wheel(self):
        return build_wheel()[1]

    track_wheel.unit = "MB"
    track_wheel.pretty_name = "package: size of the wheel"
