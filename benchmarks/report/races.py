"""The races against other libraries, and the cases where they win."""

from __future__ import annotations

from races.standings import OURS, finishes, standing

from .text import describe, listed, number, seconds, span, table

NEAR = 1.01  # of fastlr's least log-loss
GAP = "1e-05"

# What the libraries do differently where they win.
WHY_SGD = {
    "Vowpal Wabbit": "its learning rates are adaptive per feature and normalised, so that rare words move far in the "
    "first pass; a single decaying rate needs several",
    "xLearn": "adaptive rates, one per feature",
    "fastText": "it learns low-dimensional word vectors that all classes share",
    "scikit-learn SGDClassifier": "its penalty was chosen from a grid on the held-out rows; fastlr's is automatic",
    "lightning SGDClassifier": "its rate was chosen on the held-out rows; fastlr's is automatic",
}
WHY_EXACT = {
    "scikit-learn": "second-order steps need few passes when the penalty is weak; its liblinear is LIBLINEAR",
    "LIBLINEAR": "the same coordinate descent, which skips features or rows that no longer change, and computes no "
    "certificate",
    "Snap ML": "float32 arithmetic and no certificate",
    "Cyanure": "variance reduction with quasi-Newton acceleration",
    "skglm": "working sets of features and extrapolation from the last iterates",
    "Celer": "working sets of features, chosen by an extrapolated dual point",
    "lightning": "coordinate descent without a certificate",
}


def rules(race):
    """Say how a race was run; older results do not record it."""
    if "limit" not in race:
        return ""
    where = f" on {race['cpu']}" if "cpu" in race else ""
    limit = f"a library stops after its first fit of more than {number(race['limit'])} s"
    return f"{race['repeats']} rounds{where}; {limit}.\n\n"


def failures(race):
    return "".join(f"\n{name} failed: {reason}\n" for name, reason in race["failed"].items())


def seconds_near(points, target):
    """Return the seconds of the first of the points whose log-loss is near the target; None if none is."""
    return min((p["seconds"] for p in points if p["log_loss"] <= NEAR * target), default=None)


def sgd_race(races):
    parts = []
    for name, race in races.items():
        curves = {setting: curve for setting, curve in race["curves"].items() if curve["points"]}
        ours = [p["log_loss"] for curve in curves.values() if curve["library"] == OURS for p in curve["points"]]
        rows = []
        for setting, curve in curves.items():
            low = min(curve["points"], key=lambda p: p["log_loss"])
            rows.append(
                [
                    setting,
                    f"{low['log_loss']:.4f}",
                    low["epochs"],
                    low["seconds"],
                    low["median"],
                    *([seconds_near(curve["points"], min(ours))] if ours else []),
                    f"{max(p['accuracy'] for p in curve['points']):.4f}",
                    seconds(curve["conversion"]),
                ]
            )
        rows.sort(key=lambda row: row[1])
        header = ["setting", "lowest log-loss", "epochs", "seconds", "median"]
        header += [f"seconds to {NEAR} times fastlr's lowest"] if ours else []
        header += ["best accuracy", "conversion, seconds"]
        parts.append(f"{describe(name, race['data'])}\n\n{rules(race)}{table(header, rows)}\n{failures(race)}")
    return f"""## Race of the stochastic methods

Every library trains from scratch for 1, 2, 4, ... epochs. Each row shows a setting at the number of epochs with the
lowest held-out loss. Conversion to the library's own format is not included. So the peers' settings and all numbers of
epochs are chosen on the held-out rows, whereas fastlr's learning rate and penalty are automatic. The penalties differ:
Vowpal Wabbit and fastText have none here. To repeat: `python -m races.peers_race --race sgd`.

{chr(10).join(parts)}
![test log-loss and accuracy over seconds](results/peers_sgd.png)

### Where a peer wins

{listed(sgd_wins(races, reasons=True), "Nowhere in these races.")}
"""


def sgd_wins(races, reasons=False):
    """Return the libraries that reach fastlr's lowest loss sooner, or a lower loss, or a better accuracy."""
    lines = []
    for name, race in races.items():
        points = {}
        for curve in race["curves"].values():
            points.setdefault(curve["library"], []).extend(curve["points"])
        ours = points.pop(OURS, [])
        if not ours:
            continue
        target = min(p["log_loss"] for p in ours)
        soon, accuracy = seconds_near(ours, target), max(p["accuracy"] for p in ours)
        for library, theirs in points.items():
            if not theirs:
                continue
            there = seconds_near(theirs, target)
            least, best = min(p["log_loss"] for p in theirs), max(p["accuracy"] for p in theirs)
            what = []
            if there is not None and there < soon:
                what.append(
                    f"comes within 1% of fastlr's lowest log-loss in {number(there)} s (fastlr: {number(soon)} s)"
                )
            if least < 0.99 * target:
                what.append(f"reaches a log-loss of {least:.4f} (fastlr: {target:.4f})")
            if best > accuracy + 0.001:
                what.append(f"reaches an accuracy of {best:.4f} (fastlr: {accuracy:.4f})")
            if what:
                why = f" The likely reason: {WHY_SGD.get(library, 'unknown')}." if reasons else ""
                lines.append(f"{name}, SGD: {library} {'; '.join(what)}.{why}")
    return lines


def ratios(races):
    """Return by kind of task the ratios of the best peer's seconds to fastlr's."""
    found = {}
    for name, race in races.items():
        ours, peer, _ = standing(race)
        if ours and peer:
            penalty = {"l2": "L2", "l1": "L1", "elasticnet": "elastic net"}[name.split(", ")[2]]
            kind = f"binary {penalty}" if race["problem"]["n_classes"] == 2 else f"softmax {penalty}"
            found.setdefault(kind, []).append(peer.seconds / ours.seconds)
    return found


def exact_summary(races):
    """Say in one sentence how much faster fastlr is than the best peer."""
    return ", ".join(f"{span(values)} times as fast for {kind}" for kind, values in ratios(races).items())


def standings_table(races):
    """Return the table of fastlr, the best peer and scikit-learn's default at the target, a task a row."""
    rows = []
    for name, race in races.items():
        found = standing(race)
        ours, peer, default = found
        cells = [cell for finish in (ours, peer, default) for cell in place(finish)]
        rows.append(
            [
                name,
                *cells[:2],
                peer.name if peer else None,
                *cells[2:4],
                times(peer, ours),
                *cells[4:],
                times(default, ours),
            ]
        )
    header = ["task", "fastlr, seconds", "gap", "best peer", "seconds", "gap", "speed-up"]
    header += ["scikit-learn lbfgs, seconds", "gap", "speed-up"]
    return table(header, rows)


def place(finish):
    return [finish.seconds, f"{finish.gap:.0e}"] if finish else [None, None]


def times(peer, ours):
    return peer.seconds / ours.seconds if peer and ours else None


def exact_table(race):
    """Return the table of every solver of a race."""
    order = [finish.name for finish in finishes(race)]
    order += sorted(set(race["curves"]) - set(order))
    gaps = list(next(iter(race["curves"].values()))["seconds_to_gap"])
    rows = []
    for setting in order:
        curve = race["curves"][setting]
        cells = []
        for gap in gaps:
            cells.append(curve["seconds_to_gap"][gap])
            if gap == GAP:
                cells += [
                    curve["target"] and curve["target"]["median"],
                    curve["target"] and f"{curve['target']['gap']:.0e}",
                ]
        least = min((p["gap"] for p in curve["points"]), default=None)
        rows.append([setting, *cells, least and f"{least:.0e}", seconds(curve["conversion"])])
    header = ["solver"]
    for gap in gaps:
        header += [f"to {gap}", "median", "gap"] if gap == GAP else [f"to {gap}"]
    return table([*header, "smallest gap", "conversion"], rows)


def optimum(race):
    if race["objective"] is None:
        return "No solver finished within the limit. "
    return f"Lowest objective {number(race['objective'], 8)}, certified to {race['certified_gap']:.0e}. "


def exact_race(races):
    parts = [
        f"<details><summary>{name}: every solver</summary>\n\n"
        f"{describe(name, race['data'])} {optimum(race)}{rules(race)}{exact_table(race)}\n{failures(race)}\n"
        "</details>\n"
        for name, race in races.items()
    ]
    return f"""## Race of the exact solvers

Seconds to a relative gap of {GAP} with one thread, without an intercept, because some peers penalise it. The gap is
certified: NumPy computes the objective from each library's weights, and its distance from the best lower bound that the
probabilities of any of these models give (`races/judge.py`). Every solver is timed at its loosest tolerance, in steps
of a factor of 3, whose model is within that gap; the gap it reaches there is shown beside. Compilation and conversion
to a library's own format are not included. fastlr is shown with the faster of its backends and its default solver; the
peer is the best of all libraries and settings. Compared with it, fastlr is {exact_summary(races)}. scikit-learn's
newton-cholesky is left out because its Hessian is dense. To repeat: `python -m races.peers_race --race exact`.

{standings_table(races)}

![seconds to the gap](results/exact.png)

{chr(10).join(parts)}
A dash means: not reached within the time limit.

![gap over seconds](results/peers_exact.png)

### Where a peer wins

{listed(exact_wins(races, reasons=True), "Nowhere in these races.")}
"""


def exact_wins(races, reasons=False):
    """Return the tasks that a peer solves sooner than fastlr."""
    lines = []
    for name, race in races.items():
        ours, peer, _ = standing(race)
        if peer and not (ours and ours.seconds <= peer.seconds):
            own = f"{number(ours.seconds)} s" if ours else "not within the limit"
            why = f" The likely reason: {WHY_EXACT.get(peer.library, 'unknown')}." if reasons else ""
            lines.append(f"{name}: {peer.name} takes {number(peer.seconds)} s (fastlr: {own}).{why}")
    return lines


def peers(results):
    parts = [part(results[key]) for key, part in (("sgd", sgd_race), ("exact", exact_race)) if results[key]]
    missing = [f"{name} ({reason})" for name, reason in results["missing"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return "\n".join(parts) + f"\nIn the races: {versions}. Missing: {'; '.join(missing) or 'none'}.\n"
