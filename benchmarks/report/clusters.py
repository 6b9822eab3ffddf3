"""More than one process or machine: what a round costs, and what that makes of clusters."""

from __future__ import annotations

from .text import number, table

WORK_BESIDE = (
    'Other programs were running on the machine: the column "load" has the average number of processes that wanted one '
    "of its two cores. Compare processor seconds rather than seconds."
)

WORK = ("gradient", "hessian")


def distributed(results):
    header = [
        "non-zeros",
        "classes",
        "partitions",
        "driver",
        "gradient, s",
        "Hessian product, s",
        "processor s of these",
    ]
    header += ["ns per non-zero", "MB to and from a partition", "load"]
    rows = [
        [
            row["nnz"], row["n_classes"], row["n_partitions"], row["driver"],
            row["gradient"]["seconds"], row["hessian"]["seconds"],
            f"{number(row['gradient']['cpu_seconds'])}, {number(row['hessian']['cpu_seconds'])}",
            # Next to no rows have no such cost.
            None if row["nnz"] < 1e5 else 1e9 * row["gradient"]["cpu_seconds"] / row["nnz"],
            8e-6 * (row["columns"] + row["columns_of_partition"]) * (1 if row["n_classes"] == 2 else row["n_classes"]),
            row["load"],
        ]
        for row in results["empty"] + results["rounds"]
    ]  # fmt: skip
    fits = [
        [
            row["nnz"],
            row["setting"],
            row.get("rounds"),
            row["seconds"],
            row["cpu_seconds"],
            f"{row['gap']:.1e}",
            row["load"],
        ]
        for row in sorted(results["fits"], key=lambda row: row["nnz"])
    ]
    alone = {(row["nnz"], row["n_classes"]): row for row in results["rounds"] if row["driver"] == "one process"}
    gains = [
        [
            row["nnz"], row["n_classes"], row["driver"],
            *(alone[row["nnz"], row["n_classes"]][work]["seconds"] / row[work]["seconds"] for work in WORK),
        ]
        for row in results["rounds"]
        if row["driver"] != "one process"
    ]  # fmt: skip
    cluster, simulated = results["simulation"]["cluster"], results["simulation"]["fits"]
    large = [
        [
            row["n_workers"] or "1, no cluster",
            row["compute"], row["network"], row["tasks"], row["fit"] / 60,
            row["fit"] * max(row["n_workers"], 1) / 3600,
        ]
        for row in simulated
        if row["n_features"] > 1e6
    ]  # fmt: skip
    return f"""## Rows in partitions: rounds, fits and a simulation

Documents of a million words in a store that is streamed. A round is a gradient or a product with the
Hessian over all partitions; the first rows of the table have next to no documents. {WORK_BESIDE} The weights of all
columns that occur go to a partition, and the sums of its own columns come back. To repeat:
`python -m experiments.distributed --sizes 1e6 1e7 1e8 1e9`.

{table(header, rows)}

How many times as fast as one process, by wall time, two of them are. Two that exchange nothing, each with half of the
partitions, show the bound that the machine sets:

{table(["non-zeros", "classes", "driver", "gradient", "Hessian product"], gains)}

Fits to a gap of 1e-3, `C=1`; on a cluster they include sending the partitions:

{table(["non-zeros", "setting", "rounds", "seconds", "processor s", "gap", "load"], fits)}

**Simulated**: a fit on 10<sup>12</sup> non-zeros in 16 million columns, from the measured
{number(1e9 * cluster["per_nonzero"])} ns of processor time per non-zero, {number(1e3 * cluster["per_task"])} ms of the
scheduler and client per task, {number(cluster["rounds"])} rounds, and {number(100 * cluster["touched"])}% of the
columns touched by a partition. Assumed are machines with {cluster["cores"]} cores,
{number(cluster["memory"] / 1e9)} GB of memory for rows, a disk that reads {number(cluster["disk"] / 1e9)} GB/s,
{number(8e-9 * cluster["bandwidth"])} Gbit/s and a latency of {number(1e3 * cluster["latency"])} ms; one partition per
core; tasks that the scheduler starts one after the other; no stragglers, and no reloading after failures. Seconds are
those of a round.

{table(["machines", "computing, s", "network, s", "tasks, s", "fit, minutes", "machine hours"], large)}

![seconds of a fit over the number of non-zeros](results/distributed.png)
"""


PHASES = ("start", "load", "fit")


def cluster_peers(results):
    parts = []
    for name, race in results.items():
        if name == "machine":
            continue
        rows = []
        for row in race["rows"]:
            if "error" in row:
                continue
            rows.append([
                row["setting"], f"{row['excess']:.1e}", *(row["seconds"][phase] for phase in PHASES),
                *(row["cpu_seconds"][phase] for phase in PHASES), row["peak_bytes"] / 1e6, row["load"],
            ])  # fmt: skip
        header = ["setting", "above the optimum", *(f"{phase}, s" for phase in PHASES)]
        header += [*(f"{phase}, processor s" for phase in PHASES), "peak memory, MB", "load"]
        failed = "".join(f"\n\n{row['setting']} fails: `{row['error']}`" for row in race["rows"] if "error" in row)
        parts.append(
            f"**{name.capitalize()} rows**: {race['n_samples']:,} rows, {race['n_features']:,} features, "
            f"{race['nnz']:,} values, C={number(race['C'])}.\n\n{table(header, rows)}{failed}"
        )
    both = "\n\n".join(parts)
    return f"""## Libraries that train on a cluster

All minimise the same objective, without an intercept, on the same SVMlight files and two cores. "Start" is the time of
the imports and of the processes of a cluster, "load" that from the files to a store or to rows in memory. "Above the
optimum" is the relative excess of the objective. Memory is that of all processes, without mapped files. {WORK_BESIDE}
To repeat: `python -m experiments.cluster_peers --peers PYTHON`.

{both}
"""


def slow_network(results):
    rows = [
        [
            1e3 * row["delay"], f"{100 * row['loss']:g}%", "yes" if row["equal"] else "no", row["rounds"],
            1e3 * row["round"], 1e3 * row["longest"], row["lost"], row["load"],
        ]
        for row in results["networks"]
    ]  # fmt: skip
    header = [
        "delay, ms",
        "loss",
        "same bits",
        "rounds",
        "median round, ms",
        "longest round, ms",
        "packets lost",
        "load",
    ]
    return f"""## A slow network that loses packets

Scheduler, client and {number(results["n_workers"])} workers, each in a network namespace of its own. Packets between
them are delayed, one way, and lost at random. "Same bits" compares the weights with those of one process. To repeat (as
root, on Linux): `python -m experiments.slow_network`.

{table(header, rows)}
"""


def killed_workers(results):
    calm, killed = results["undisturbed"], results["disturbed"]
    return f"""## Killed workers

{number(results["kills"])} workers of a local Dask cluster were killed by SIGKILL at random rounds of
{number(results["fits"])} fits; {number(results["equal"])} of them ended with the weights of one process, to the bit. A
round takes {number(calm["median"])} s (median), one with a killed worker {number(killed["median"])} s, at most
{number(killed["longest"])} s: the worker's partitions are loaded again. The load of the machine was
{number(results["load"])}. To repeat: `python -m experiments.killed_workers`.
"""


def short_memory(results):
    rows = [
        [
            row["estimator"], f"{number(row['limit'] / 1e6)} MB" if row["limit"] else "none", row["seconds"],
            row["peak_bytes"] / 1e6, {True: "yes", False: "no", None: "-"}[row.get("equal")], row["load"],
        ]
        for row in results["fits"]
    ]  # fmt: skip
    header = ["estimator", "limit of a worker", "seconds of a fit", "peak memory of a worker, MB", "same bits", "load"]
    return f"""## Less memory than rows

{number(results["nnz"])} non-zeros, {number(results["bytes"] / 1e9)} GB in {number(results["n_parts"])} partitions, on a
local Dask cluster of {number(results["n_workers"])} workers, with a limit of memory and without. Workers that have no
room keep partitions in files. Peak memory includes what is mapped from files; the system still had memory to cache
these. To repeat: `python -m experiments.short_memory`.

{table(header, rows)}
"""
