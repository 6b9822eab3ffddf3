"""The wait before a first result."""

from __future__ import annotations

from .text import number, table


def start(results):
    firsts = [[label, r["fit"], r["predict"]] for label, r in sorted(results["first"].items())]
    compiled = " and ".join(f"{number(n)} functions for `{name}`" for name, n in results["compiled"].items())
    wheel = ""
    if "wheel" in results:
        wheel = (
            f"Building the wheel from source takes {number(results['wheel']['seconds'])} s; it has "
            f"{number(results['wheel']['megabytes'])} MB. "
        )
    return f"""## The wait before a first result

Seconds, each in a process of its own. The first fit includes the import of the estimator. scikit-learn's classifiers
stand beside fastlr's. Numba compiles {compiled} when its cache is empty. {wheel}To repeat: `python -m
experiments.start`.

{table(["first use", "fit", "prediction"], firsts)}

{table(["step", "seconds"], [[label, seconds] for label, seconds in results["seconds"].items()])}
"""
