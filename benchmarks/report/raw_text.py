"""From raw text to a model: the command line compared with Vowpal Wabbit and fastText."""

from __future__ import annotations

from .text import listed, number, span, table

OURS = "fastlr"
# The setting of each library that a user would try first; speed is judged by it.
FIRST = {"fastlr": "no options", "Vowpal Wabbit": "one pass", "fastText": "lr=0.5, epoch=5"}


def first_of(rows, library):
    """Return the row of a library's first setting; None if it is not there."""
    return next((r for r in rows if r["library"] == library and r["setting"] == FIRST[library]), None)


def faster(results, setting=FIRST[OURS]):
    """Return how many times as long each peer takes with its first setting as fastlr with ``setting``, by task."""
    times = {}
    for name, task in results["tasks"].items():
        ours = next((r for r in task["rows"] if (r["library"], r["setting"]) == (OURS, setting)), None)
        for library in FIRST:
            peer = first_of(task["rows"], library)
            if ours and peer and library != OURS:
                times.setdefault(library, {})[name] = peer["best"] / ours["best"]
    return times


def text_summary(results, setting=FIRST[OURS]):
    """Say in one sentence how much faster the command line is than the peers."""
    return " and ".join(
        f"{span(times.values())} times as fast as {library} ({FIRST[library]})"
        for library, times in faster(results, setting).items()
    )


def words_alone(results):
    """Say how fast and how accurate it is with single words, Vowpal Wabbit's default."""
    lines = []
    for name, task in results["tasks"].items():
        rows = {(r["library"], r["setting"]): r for r in task["rows"]}
        ours, one, five = (
            rows.get(key)
            for key in (("fastlr", "words alone"), ("Vowpal Wabbit", "one pass"), ("Vowpal Wabbit", "five passes"))
        )
        if ours and one:
            said = f"{name}: {number(ours['best'])} s (Vowpal Wabbit: {number(one['best'])} s)"
            if five:
                said += (
                    f", accuracy {ours['accuracy']:.4f} and log-loss {ours['log_loss']:.4f} "
                    f"(its five passes: {five['accuracy']:.4f} and {five['log_loss']:.4f})"
                )
            lines.append(said)
    return "; ".join(lines)


def text_wins(results):
    """Return where a peer is faster, or better at whatever setting."""
    lines = []
    for name, task in results["tasks"].items():
        ours = first_of(task["rows"], OURS)
        for row in task["rows"] if ours else ():
            what = []
            if row["library"] == OURS:
                continue
            if row["best"] < ours["best"]:
                what.append(f"takes {number(row['best'])} s (fastlr: {number(ours['best'])} s)")
            if row["accuracy"] > ours["accuracy"]:
                what.append(f"has an accuracy of {row['accuracy']:.4f} (fastlr: {ours['accuracy']:.4f})")
            if row["log_loss"] < ours["log_loss"]:
                what.append(f"has a log-loss of {row['log_loss']:.4f} (fastlr: {ours['log_loss']:.4f})")
            if what:
                lines.append(f"{name}, raw text: {row['library']} ({row['setting']}) {'; '.join(what)}.")
    return lines


def raw_text(results):
    parts = []
    for name, task in results["tasks"].items():
        rows = [
            [
                f"{r['library']}, {r['setting']}",
                f"{r['accuracy']:.4f}",
                f"{r['log_loss']:.4f}",
                r["best"],
                r["median"],
                r["process"],
                task["megabytes"] / r["best"],
            ]
            for r in sorted(task["rows"], key=lambda r: r["best"])
        ]
        header = ["setting", "accuracy", "log-loss", "seconds", "median", "whole process", "MB/s"]
        parts.append(
            f"**{name}**: {task['n_samples']:,} documents, {task['megabytes']:.0f} MB.\n\n{table(header, rows)}\n"
            + "".join(f"\n{key} failed: {reason}\n" for key, reason in task["failed"].items())
        )
    large = ""
    if results.get("large"):
        rows = [
            [f"{r['bytes'] / 1e9:.2f}", r["seconds"], r["bytes"] / 1e6 / r["seconds"], r["peak_bytes"] / 2**20]
            for r in results["large"]
        ]
        large = f"""
**Files larger than memory.** fastlr alone, 20 classes, with `--memory 1GB`, on larger and larger files.

{table(["GB", "seconds", "MB/s", "peak memory, MiB"], rows)}
"""
    return f"""## From raw text to a model

Each library trains from a file of raw text in its own format to a saved model. fastlr's time is that of the whole
command `fastlr train`, which also holds out a validation set and chooses the penalty by it. The other libraries' time
begins when they have been imported (the column "whole process" includes that), and their files hold lower-cased words
between spaces. Accuracy and log-loss are measured on the same held-out rows, by the same code. Without options, fastlr
takes words and pairs of words, trains in two threads here, and is {text_summary(results)}; in one thread it is
{text_summary(results, "no options, one thread")}. With single words (`--ngrams 1`), as in Vowpal Wabbit's
one pass: {words_alone(results)}. To repeat: `python -m experiments.raw_text`.

{chr(10).join(parts)}
### Where a peer wins

{listed(text_wins(results), "Nowhere in these races.")}
{large}"""
