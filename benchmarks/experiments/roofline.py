"""Measure how fast an epoch could be on this machine, from the memory that it must move.

    python -m experiments.roofline [--data FOLDER]

An epoch reads every row's indices and values, shuffled or as they are stored, and reads and writes the weights of every
non-zero. Two small kernels measure what that costs without any arithmetic, in the same process and on the same
arrays' sizes:

- `stream` reads an array from end to end: bytes a second;
- `gather` touches cache lines by a list: the lines of the rows in a shuffled order, then those of the weights in the
  order in which the rows' non-zeros ask for them, written as well as read.

The roofline of an epoch is the sum of the two; a kernel attains the fraction ``roofline / measured`` of it. The
addresses are known beforehand here, so that the processor overlaps the misses as well as it can. What a step computes,
and that it must end before the next one reads the weights, is not part of it.
"""

from __future__ import annotations

import argparse

import numba
import numpy as np
from harness.corpora import add_data_option, find_corpora, make_task, read_task
from harness.epochs import epoch_seconds
from harness.measure import save, seconds_of

from fastlr import SGDClassifier

LINE = 64  # bytes of a cache line
BLOCK = 8  # rows that the trainer's shuffle leaves together
SAMPLE = 1 << 22  # non-zeros of which the weights are gathered


@numba.njit(nogil=True, fastmath=True)
def stream(array):
    """Sum an array."""
    total = 0.0
    for i in range(array.shape[0]):
        total += array[i]
    return total


@numba.njit(nogil=True, fastmath=True)
def gather(table, lines, write):
    """Touch one entry of each of the ``lines`` of ``table``, shape ``(n_lines, 8)``."""
    total = 0.0
    if write:
        for i in range(lines.shape[0]):
            table[lines[i], 0] += 1.0
    else:
        for i in range(lines.shape[0]):
            total += table[lines[i], 0]
    return total


def lines_between(starts, stops):
    """Return the numbers of the cache lines of the bytes ``starts[i]`` to ``stops[i]``, one range after the other."""
    first, last = starts // LINE, (stops - 1) // LINE
    n = np.maximum(last - first + 1, 0)
    offsets = np.concatenate(([0], np.cumsum(n)[:-1]))
    return (np.repeat(first - offsets, n) + np.arange(n.sum())).astype(np.uint32)


def best_seconds(function, repeats=5):
    function()  # compiles, and touches every page
    return min(seconds_of(function) for _ in range(repeats))


def stream_seconds_per_byte(n_bytes):
    """Seconds a byte of reading an array of this size from end to end."""
    array = np.ones(max(n_bytes // 8, 1 << 16))
    return best_seconds(lambda: stream(array)) / array.nbytes


def gather_seconds_per_line(n_bytes, lines, write):
    """Seconds a cache line of touching these lines of an array of ``n_bytes``."""
    table = np.ones((n_bytes // LINE + 2, LINE // 8))
    return best_seconds(lambda: gather(table, lines, write)) / len(lines)


def shuffled(n_rows):
    """Return an order of the rows like the trainer's."""
    starts = np.random.default_rng(0).permutation(np.arange(0, n_rows, BLOCK))
    order = (starts[:, None] + np.arange(BLOCK)).ravel()
    return order[order < n_rows]


def roofline(X, n_outputs=1, lazy=False, shuffle=True):
    """Return what an epoch over ``X`` must move, how fast memory is, and the seconds that follow.

    Parameters
    ----------
    X : CSR matrix
    n_outputs : int
        Weights of a feature.
    lazy : bool
        Whether a feature has one more number, what it has paid of an L1 penalty.
    shuffle : bool
        Whether rows come in the order of a shuffle.
    """
    value = X.data.dtype.itemsize
    row_bytes = X.nnz * (value + X.indices.dtype.itemsize) + X.indptr.nbytes
    weight_bytes = (n_outputs + lazy) * value
    order = shuffled(X.shape[0]) if shuffle else np.arange(X.shape[0])
    sampled = order[: max(1, int(SAMPLE / max(1, X.nnz / X.shape[0])))]
    result = {"row_bytes": row_bytes, "weight_bytes": 2 * X.nnz * weight_bytes, "shuffle": shuffle}
    result["stream_gb_per_second"] = 1e-9 / stream_seconds_per_byte(row_bytes)
    if shuffle:
        # A row's two ends in indptr, its indices and its values, each array behind the one before.
        index, ends = X.indices.itemsize, X.indptr.itemsize
        starts, stops = X.indptr[order].astype(np.int64), X.indptr[order + 1].astype(np.int64)
        bases = (0, X.indptr.nbytes, X.indptr.nbytes + X.nnz * index)
        lines = lines_between(
            np.stack([ends * order, bases[1] + index * starts, bases[2] + value * starts], axis=1).ravel(),
            np.stack([ends * (order + 2), bases[1] + index * stops, bases[2] + value * stops], axis=1).ravel(),
        )
        per_line = gather_seconds_per_line(row_bytes, lines[: 4 * SAMPLE], False)
        result["row_lines"] = len(lines)
        result["row_line_ns"] = 1e9 * per_line
        result["row_seconds"] = per_line * len(lines)
    else:
        result["row_seconds"] = 1e-9 * row_bytes / result["stream_gb_per_second"]
    features = X[sampled].indices.astype(np.int64)
    lines = lines_between(features * weight_bytes, (features + 1) * weight_bytes)
    per_line = gather_seconds_per_line(X.shape[1] * weight_bytes, lines, True)
    result["weight_lines"] = round(len(lines) / len(features) * X.nnz)
    result["weight_line_ns"] = 1e9 * per_line
    result["weight_seconds"] = per_line * result["weight_lines"]
    result["seconds"] = result["row_seconds"] + result["weight_seconds"]
    result["ns_per_nonzero"] = 1e9 * result["seconds"] / X.nnz
    return result


CASES = {
    "l2": {},
    "l2, float32": {"dtype": np.float32},
    "l2, rows as stored": {"shuffle": False},
    "l1": {"penalty": "l1"},
    "elasticnet": {"penalty": "elasticnet"},
    "l2, batch of 32": {"batch_size": 32},
    "l2, 20 classes": {"n_classes": 20},
    "l2, 20 classes, float32": {"n_classes": 20, "dtype": np.float32},
    "l2, 100 classes": {"n_classes": 100},
    "l2, 100 classes, float32": {"n_classes": 100, "dtype": np.float32},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    add_data_option(parser)
    options = parser.parse_args()
    tasks = {"synthetic": make_task()}
    if "arxiv" in find_corpora(options.data):
        tasks["arxiv"] = read_task(options.data, "arxiv")
    results = {}
    for name, task in tasks.items():
        print(f"\n{name}: {task.describe()}\n{'':28}roofline   rows  weights  numba (times)   cython (times)")
        rng = np.random.default_rng(0)
        for case, settings in CASES.items():
            settings = dict(settings)
            n_classes = settings.pop("n_classes", 2)
            X = task.X.astype(settings.pop("dtype", np.float64))
            y = rng.integers(0, n_classes, X.shape[0])  # an epoch costs the same whatever the labels
            penalty = settings.setdefault("penalty", "l2")
            floor = roofline(X, 1 if n_classes == 2 else n_classes, penalty != "l2", settings.get("shuffle", True))
            line = f"{case:<28}{floor['ns_per_nonzero']:8.2f}"
            line += "".join(f"{1e9 * floor[part] / X.nnz:8.2f}" for part in ("row_seconds", "weight_seconds"))
            for backend in ("numba", "cython"):
                model = SGDClassifier(backend=backend, alpha=1e-6, random_state=0, **settings)
                ns = 1e9 * epoch_seconds(model, X, y, options.repeats) / X.nnz
                floor[backend] = {"ns_per_nonzero": ns, "fraction_of_roofline": floor["ns_per_nonzero"] / ns}
                line += f"{ns:9.2f} ({ns / floor['ns_per_nonzero']:4.1f})"
            print(line, flush=True)
            results.setdefault(name, {})[case] = floor
    save("roofline", {"tasks": {name: task.describe() for name, task in tasks.items()}, "cases": results})


if __name__ == "__main__":
    main()
