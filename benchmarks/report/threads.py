"""The benefit of a second thread."""

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
    header = ["data", "penalty", "one thread, ms", f"{n} threads", "Hogwild", "speed-up", "Hogwild speed-up"]
    header += ["log-loss, one", f"log-loss, {n}", "log-loss, Hogwild"]
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

An epoch of `SGDClassifier` with one thread; with {number(n)} (`n_jobs={n}`), whose updates are combined a few times per
epoch, so that the model is reproducible; and with {number(n)} that write to the same weights without locks
(`deterministic=False`, Hogwild). With {number(n)} threads an epoch is {span(ratios)} times as fast, and the test
log-loss is {number(min(changes))} to {number(max(changes))} times that of one thread. To repeat:
`python -m experiments.threads`.

{table(header, rows)}

Seconds of `LogisticRegression` to the same certificate (a gap of 1e-4, C=1; L1 for "coordinate", otherwise L2), and of
the probabilities of all training rows:

{table(["data", "task", "one thread", f"{n} threads", "speed-up"], solved + predicted)}
"""
