"""The keys under which partitions are loaded."""

import time

import dask
import dask.array as da
import pytest
from dask.delayed import delayed

from fastlr.dask.own_keys import under_own_keys


@pytest.fixture
def parts():
    X = da.ones((6, 2), chunks=(2, 2))
    both = delayed(list)
    return [both([a, b]) for a, b in zip((X + 1).to_delayed().ravel(), (X * 3).to_delayed().ravel(), strict=True)]


def test_the_values_are_the_same_under_keys_that_no_other_computation_has(parts):
    own = under_own_keys(parts)
    pairs = dask.compute(*own, scheduler="sync")
    assert [[a.tolist() for a in pair] for pair in pairs] == [[[[2.0, 2.0]] * 2, [[3.0, 3.0]] * 2]] * 3
    before = {key for part in parts for key in part.dask}
    first = {key for part in own for key in part.dask}
    second = {key for part in under_own_keys(parts) for key in part.dask}
    assert len(first) == len(before)
    assert not first & before
    assert not first & second


def test_tasks_that_partitions_share_are_still_one_task():
    calls = []
    shared = delayed(lambda: calls.append(1) or 5, pure=True)()
    assert dask.compute(*under_own_keys([shared + 1, shared + 2]), scheduler="sync") == (6, 7)
    assert calls == [1]


def test_annotations_are_kept():
    with dask.annotate(priority=7, retries=lambda key: len(str(key)) > 0):
        part = delayed(list)([1])
    ((key, layer),) = [(key, layer) for layer in under_own_keys([part])[0].dask.layers.values() for key in layer]
    assert layer.annotations["priority"] == 7
    assert layer.annotations["retries"](key) is True


def test_what_is_computed_already_is_not_computed_again(client):
    times = client.persist([delayed(time.time_ns)() for _ in range(2)])  # another value each time it runs
    before = client.gather(client.compute(times))
    handles = client.compute(under_own_keys([delayed(int)(value) for value in times]))
    assert client.gather(handles) == before
