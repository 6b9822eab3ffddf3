"""What a second thread brings."""

from __future__ import annotations

from .text import number, span, table


def threads(results):
    n = results["n_jobs"]
    rows = [
        [
            f"{r['task']}, {r['dtype']}",
            r["penalty"],
            *(1e3 * r["epoch"][key] for key in r["epoch"]),
            r["epoch"]["1"] / r["epoch"]["deterministic"],
            r["epoch"]["1"] / r["epoch"]["Hogwild"],
            *(f"{r['log_loss'][key]:.4f}" for key in r["epoch"]),
        ]
        for r in results["train"]
    ]
    header = ["data", "penalty", "one thread, ms", f"{n} threads", "Hogwild", "ratio", "of Hogwild"]
    header += ["log-loss of one", f"of {n}", "of Hogwild"]
    solved = [
        [r["task"], r["solver"], r["seconds"]["1"], r["seconds"]["n"], r["seconds"]["1"] / r["seconds"]["n"]]
        for r in results["solve"]
    ]
    predicted = [
        [r["task"], "predict_proba", r["seconds"]["1"], r["seconds"]["n"], r["seconds"]["1"] / r["seconds"]["n"]]
        for r in results["predict"]
    ]
    ratios = [r["epoch"]["1"] / r["epoch"]["deterministic"] for r in results["train"]]
    changes = [r["log_loss"]["deterministic"] / r["log_loss"]["1"] for r in results["train"]]
    return f"""## Threads

An epoch of `SGDClassifier` in one thread, in {number(n)} (`n_jobs={n}`), which add up their moves where they meet and
give the same model every time, and in {number(n)} that write to the same weights at any moment
(`deterministic=False`, Hogwild). With {number(n)} threads an epoch is {span(ratios)} times as fast, and the test
log-loss is {number(min(changes))} to {number(max(changes))} times that of one thread.
Repeat it by `python -m experiments.threads`.

{table(header, rows)}

`LogisticRegression` to the same certificate (a gap of 1e-4, C=1; L1 for "coordinate", else L2), and the probabilities
of all training rows, in seconds:

{table(["data", "what", "one thread", f"{n} threads", "ratio"], solved + predicted)}
"""
