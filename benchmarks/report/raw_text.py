"""From raw text to a model: the command line against Vowpal Wabbit and fastText."""

from __future__ import annotations

from .text import listed, number, span, table

OURS = "fastlr"
# What a user would try first of each library, by which the speed is judged.
FIRST = {"fastlr": "no options", "Vowpal Wabbit": "one pass", "fastText": "lr=0.5, epoch=5"}


def first_of(rows, library):
    """Return the row of a library's first setting; None if it is not there."""
    return next((r for r in rows if r["library"] == library and r["setting"] == FIRST[library]), None)


def faster(results):
    """Return how many times as long each peer takes with its first setting, by library, and by task."""
    times = {}
    for name, task in results["tasks"].items():
        ours = first_of(task["rows"], OURS)
        for library in FIRST:
            peer = first_of(task["rows"], library)
            if ours and peer and library != OURS:
                times.setdefault(library, {})[name] = peer["best"] / ours["best"]
    return times


def text_summary(results):
    """Say in one sentence how much faster the command line is than the peers."""
    return ", ".join(
        f"{span(times.values())} times as fast as {library} ({FIRST[library]})"
        for library, times in faster(results).items()
    )


def words_alone(results):
    """Say how fast it is, and how good, with words alone, as Vowpal Wabbit has them unless told otherwise."""
    lines = []
    for name, task in results["tasks"].items():
        rows = {(r["library"], r["setting"]): r for r in task["rows"]}
        ours, one, five = (
            rows.get(key)
            for key in (("fastlr", "words alone"), ("Vowpal Wabbit", "one pass"), ("Vowpal Wabbit", "five passes"))
        )
        if ours and one:
            said = f"{name}: {number(ours['best'])} s for its {number(one['best'])}"
            if five:
                said += (
                    f", at {ours['accuracy']:.4f} right and a log-loss of {ours['log_loss']:.4f} beside "
                    f"{five['accuracy']:.4f} and {five['log_loss']:.4f} of its five passes"
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
        header = ["setting", "accuracy", "log-loss", "seconds", "median", "of the process", "MB/s"]
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
**Files larger than memory.** fastlr alone, 20 classes, told to keep to a gigabyte (`--memory 1GB`), from ever larger
files.

{table(["GB", "seconds", "MB/s", "peak memory, MiB"], rows)}
"""
    return f"""## From raw text to a model

Each library's training from a file of raw text, in its own format, to the saved model. fastlr's time is that of the
whole command `fastlr train`, which also splits off a validation set and chooses by it; that of the others begins when
they have been imported (that of their process is in the last column but one), and their files hold the words in lower
case between blanks. Accuracy and log-loss are those on the rows held out, scored alike. fastlr without options, which
takes words and pairs of words, is {text_summary(results)}. With words alone (`--ngrams 1`), as Vowpal Wabbit's one pass
has them: {words_alone(results)}. Repeat it by `python -m experiments.raw_text`.

{chr(10).join(parts)}
### Where a peer wins

{listed(text_wins(results), "Nowhere in these races.")}
{large}"""
