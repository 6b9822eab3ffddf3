"""Garbage collection is rare while Numba compiles, and as before afterwards."""

import gc

import pytest

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(
    bool(getattr(numba.config, "DISABLE_JIT", 0)), reason="Nothing is compiled without Numba's compiler."
)


@pytest.fixture
def threshold():
    before = gc.get_threshold()
    yield gc.set_threshold
    gc.set_threshold(*before)


def threshold_while_compiling():
    from fastlr.kernels.compilers.numba.garbage import collect_seldom

    collect_seldom()
    seen = []

    class Watch(numba.core.event.Listener):
        def on_start(self, event):
            seen.append(gc.get_threshold())

        def on_end(self, event):
            pass

    with numba.core.event.install_listener("numba:compile", Watch()):
        numba.njit(lambda x: x + 1)(1)
    return seen[0]


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [((700, 10, 10), (50_000, 10, 10)), ((0, 10, 10), (0, 10, 10)), ((100_000, 5, 5), (100_000, 5, 5))],
    ids=["usual", "off", "higher"],
)
def test_threshold_is_raised_while_numba_compiles_and_set_back(threshold, before, meanwhile):
    threshold(*before)
    assert threshold_while_compiling() == meanwhile
    assert gc.get_threshold() == before
