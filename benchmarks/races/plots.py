"""Figures of the races: each library's curve, the times to the target side by side, and raw text to a model."""

from __future__ import annotations

import numpy as np
from harness.figures import plt, save_figure

from races.race import TARGET
from races.standings import OURS, standing


def front(points, key, sign=1):
    """Return the seconds and values of the points that are better than all faster ones: less, or more at sign -1."""
    best, kept = np.inf, []
    for seconds, value in sorted((p["seconds"], p[key]) for p in points):
        if sign * value < best:
            best = sign * value
            kept.append((seconds, value))
    return zip(*kept, strict=True)


def draw_sgd(results):
    libraries = sorted({c["library"] for race in results.values() for c in race["curves"].values() if c["points"]})
    colours = {library: plt.get_cmap("tab10")(i % 10) for i, library in enumerate(libraries)}
    figure, axes = plt.subplots(2, len(results), figsize=(3.6 * len(results), 6.5), squeeze=False)
    for column, (name, race) in zip(axes.T, results.items(), strict=True):
        curves = [curve for curve in race["curves"].values() if curve["points"]]
        for library in sorted({curve["library"] for curve in curves}):
            style = {"linewidth": 2.5, "color": "black"} if library == OURS else {"color": colours[library]}
            points = [p for curve in curves if curve["library"] == library for p in curve["points"]]  # of any setting
            column[0].semilogx(*front(points, "log_loss"), ".-", label=library, **style)
            column[1].semilogx(*front(points, "accuracy", -1), ".-", **style)
        losses = [p["log_loss"] for c in curves for p in c["points"]]
        accuracies = [p["accuracy"] for c in curves for p in c["points"]]
        column[0].set(title=name, ylabel="test log-loss", ylim=(0.97 * min(losses), 1.6 * min(losses)))
        column[1].set(xlabel="seconds", ylabel="test accuracy", ylim=(max(accuracies) - 0.05, max(accuracies) + 0.003))
        column[0].legend(fontsize=6)
    figure.tight_layout()
    save_figure(figure, "peers_sgd")


def draw_exact(results):
    n_columns = min(4, len(results))
    n_rows = -(-len(results) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(4.2 * n_columns, 3.6 * n_rows), squeeze=False)
    libraries = sorted({name for race in results.values() for name in race["curves"]})
    colours = {name: plt.get_cmap("tab20")(i % 20) for i, name in enumerate(libraries)}
    for axis, (name, race) in zip(axes.ravel(), results.items(), strict=False):
        for setting, curve in race["curves"].items():
            style = {"color": colours[setting]}
            if curve["library"] == OURS:
                style = {"linewidth": 2.5, "color": "black", "alpha": 1.0 if "numba" in setting else 0.4}
            if curve["points"]:
                axis.loglog(*front(curve["points"], "gap"), ".-", label=setting, **style)
        axis.axhline(TARGET, color="gray", linewidth=0.7, linestyle=":")
        axis.set(title=name, xlabel="seconds", ylabel="gap", ylim=(1e-8, 1))
    for axis in axes.ravel()[len(results) :]:
        axis.remove()
    handles = {label: h for a in figure.axes for h, label in zip(*a.get_legend_handles_labels(), strict=True)}
    figure.tight_layout()
    figure.legend(handles.values(), handles.keys(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, fontsize=8)
    save_figure(figure, "peers_exact")


def draw_target(results):
    """Draw each task's seconds to the target: fastlr's, the best peer's, and scikit-learn's default solver's."""
    rows = [(name, standing(race)) for name, race in results.items()]
    rows = [(name, found) for name, found in rows if found.ours][::-1]
    figure, axis = plt.subplots(figsize=(8, 1.2 + 0.3 * len(rows)))
    markers = (("ours", "fastlr", "o", "black"), ("peer", "best peer", "D", "tab:orange"))
    markers += (("default", "scikit-learn's default", "s", "tab:blue"),)
    for key, label, marker, colour in markers:
        points = [(finish.seconds, y) for y, (_, found) in enumerate(rows) if (finish := getattr(found, key))]
        axis.semilogx([x for x, _ in points], [y for _, y in points], marker, color=colour, label=label)
    for y, (_, found) in enumerate(rows):
        if found.peer:
            axis.plot([found.ours.seconds, found.peer.seconds], [y, y], color="lightgray", zorder=0)
            axis.annotate(
                f"{found.peer.seconds / found.ours.seconds:.1f} x {found.peer.library}",
                (found.peer.seconds, y),
                xytext=(-4, 6),
                textcoords="offset points",
                fontsize=7,
            )
    axis.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axis.set(xlabel=f"seconds to a certified gap of {TARGET:g}, one thread")
    axis.set_ylim(-0.6, len(rows) - 0.2)
    axis.margins(x=0.15)
    axis.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)
    figure.tight_layout()
    save_figure(figure, "exact")


def draw_raw_text(tasks):
    """Draw test accuracy over the seconds from the text file to the saved model, a panel a corpus."""
    colours = {"fastlr": "black", "Vowpal Wabbit": "tab:orange", "fastText": "tab:blue"}
    figure, axes = plt.subplots(1, len(tasks), figsize=(3.4 * len(tasks), 3.2), squeeze=False)
    for axis, (name, task) in zip(axes[0], tasks.items(), strict=True):
        for library, colour in colours.items():
            rows = [row for row in task["rows"] if row["library"] == library]
            pairs = [row for row in rows if "bigrams" in row["setting"] or row["setting"].startswith("no options")]
            words = [row for row in rows if row not in pairs]
            for chosen, marker, ngrams in ((words, "o", "words"), (pairs, "D", "words and pairs")):
                axis.semilogx(
                    [row["best"] for row in chosen],
                    [row["accuracy"] for row in chosen],
                    marker,
                    color=colour,
                    label=f"{library}, {ngrams}",
                )
        axis.set(title=name, xlabel="seconds")
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("test accuracy")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.tight_layout()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, fontsize=8)
    save_figure(figure, "raw_text")
