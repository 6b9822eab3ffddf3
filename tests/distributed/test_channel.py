"""Messages between two processes, whose arrays go through common memory."""

import multiprocessing
import os

import numpy as np
import pytest

from fastlr.distributed import channel
from fastlr.distributed.channel import Channel

pytestmark = pytest.mark.skipif(not channel.SHARES_MEMORY, reason="a pipe alone holds few bytes")


@pytest.fixture
def ends():
    here, there = multiprocessing.Pipe()
    ends = Channel.to(here, os.getpid()), Channel.of(there)
    yield ends
    for end in ends:
        end.close()


def arrays(rng, n):
    return {
        "float": rng.standard_normal(n),
        "small": np.arange(3),
        "fortran": np.asfortranarray(rng.standard_normal((n, 3))),
        "strided": np.arange(20)[::2],
        "odd": rng.integers(0, 99, n + 7).astype(np.int8),
        "objects": np.array(["a", None], object),
        "empty": np.empty((0, 4)),
    }


def assert_same(found, expected):
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_messages_of_growing_and_shrinking_size(ends, monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(channel, "KEPT_BYTES", 1 << 20)
    kept = []
    for turn, n in enumerate([3, 5000, 100_000, 5000, 200_000, 100_000]):
        sender, receiver = ends if turn % 2 else ends[::-1]
        expected = arrays(rng, n)
        sender.send(expected)
        kept.append((receiver.receive(), expected))
    for found, expected in kept:  # later messages do not change what earlier ones have brought
        assert_same(found, expected)
        found["float"][:] = 0.0


def test_large_arrays_are_no_part_of_the_pickle(ends):
    array = np.random.default_rng(0).standard_normal(
        200_000
    )  # more than a pipe holds, so it would wait for the receiver
    ends[0].send({"a": array, "b": array[:100_000]})
    found = ends[1].receive()
    assert np.array_equal(found["b"], array[:100_000])
    assert ends[0].n_bytes == ends[1].n_bytes
    assert array.nbytes * 1.5 <= ends[0].n_bytes < array.nbytes * 1.5 + 1000
