"""The modules that Cython compiles: their levels, and the arrays that their entry points take."""

import ctypes
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from fastlr.kernels.bind import ENTRY_POINTS, LOSSES
from fastlr.kernels.compilers import cython

baseline = pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline")

needs_v3 = pytest.mark.skipif(not baseline.has_v3(), reason="the processor has no x86-64-v3")


@pytest.mark.parametrize("level", ["baseline", pytest.param("v3", marks=needs_v3)])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_level_has_all_kernels_of_these_sources(loss, level):
    kernels = cython.load(loss, level)
    assert (kernels.name, kernels.loss, kernels.threads) == ("cython", loss, True)
    assert kernels.capabilities == set(ENTRY_POINTS)
    generate = runpy.run_path(str(Path(cython.__file__).with_name("generate.py")))["generate"]
    module = pytest.importorskip(f"{cython.__name__}.{loss}_{level}")
    assert f'version = "{module.version}"' in generate(loss), "the kernels have changed: compile them again"


def test_the_level_is_the_best_of_the_processor(monkeypatch):
    def code(level):
        return cython.load("log_loss", level).scores_softmax

    assert code(None) is code("v3" if baseline.has_v3() else "baseline")
    monkeypatch.setattr(baseline, "has_v3", lambda: False)
    assert code(None) is code("baseline")
    with pytest.raises(ImportError, match="processor lacks the instructions of x86-64-v3"):
        code("v3")
    with pytest.raises(ImportError, match="log_loss_v9"):
        code("v9")
    with pytest.raises(ImportError, match="no_loss"):
        cython.load("no_loss")


@needs_v3
def test_levels_are_modules_of_their_own():
    assert cython.load("log_loss", "v3").scores_softmax is not cython.load("log_loss", "baseline").scores_softmax


def arguments(index=np.int32, real=np.float64):
    """Two rows, and what their scores take."""
    return {
        "indptr": np.array([0, 2, 3], index),
        "indices": np.array([0, 2, 1], index),
        "data": np.array([1.0, 2.0, 4.0], real),
        "weights": np.arange(6.0).reshape(3, 2).astype(real),
        "intercept": np.array([0.5, 0.25]),
        "start": 0,
        "stop": 2,
        "out": np.zeros((2, 2), real),
    }


@pytest.fixture(params=["baseline", pytest.param("v3", marks=needs_v3)])
def scores_softmax(request):
    return cython.load("log_loss", request.param).scores_softmax


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_the_kernel_for_the_types_of_its_arrays(scores_softmax, index, real):
    given = arguments(index, real)
    for array in given.values():
        if isinstance(array, np.ndarray) and array is not given["out"]:
            array.flags.writeable = False
    assert scores_softmax(*given.values()) is None
    np.testing.assert_array_equal(given["out"], [[8.5, 11.25], [8.5, 12.25]])
    assert scores_softmax(**given) is None


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("name", "change", "error", "message"),
    [
        ("indices", lambda x: x.astype(np.int64), ValueError, "indices must be a 1-dimensional array of int32; .*'l'"),
        ("indptr", lambda x: x.astype(np.int64), ValueError, "indices must be a 1-dimensional array of int64; .*'i'"),
        ("indptr", lambda x: x.astype(np.int16), ValueError, "indptr must be a 1-dimensional array of int32; .*'h'"),
        ("indptr", lambda x: x.astype(np.uint32), ValueError, "indptr must be a 1-dimensional array of int32; .*'I'"),
        ("indptr", lambda x: x.astype(np.float32), ValueError, "indptr must be a 1-dimensional array of int32; .*'f'"),
        ("data", lambda x: x.astype(np.int64), ValueError, "data must be a 1-dimensional array of float64; .*'l'"),
        ("data", lambda x: x.astype(np.float16), ValueError, "data must be a 1-dimensional array of float32; .*'e'"),
        ("data", lambda x: x.astype(np.complex64), ValueError, "data must be .* float64; .*8 bytes in format 'Zf'"),
        ("data", lambda x: x.astype(x.dtype.newbyteorder()), ValueError, "data must be .* of float64"),
        ("data", lambda x: x.view("f4,f4"), ValueError, "data must be .* of float64"),
        ("data", lambda x: x.astype("S8"), ValueError, "data must be a 1-dimensional array of float64; .*'8s'"),
        ("data", lambda x: x.view("M8[s]"), ValueError, "buffer"),
        ("data", lambda x: x.astype(object), ValueError, "data must be a 1-dimensional array of float64; .*'O'"),
        ("data", bytes, ValueError, "data must be a 1-dimensional array of float32; .*1 bytes in format 'B'"),
        ("weights", lambda x: x.astype(np.float32), ValueError, "weights must be .* of float64; .*'f'"),
        ("intercept", lambda x: x.astype(np.float32), ValueError, "intercept must be a 1-dimensional array of float64"),
        ("weights", np.ravel, ValueError, "weights must be .* of float64; got 1 dimensions"),
        ("weights", lambda x: x[None], ValueError, "weights must be .* of float64; got 3 dimensions"),
        ("data", lambda x: x[0], ValueError, "data must be a 1-dimensional array of float64; got 0 dimensions"),
        ("weights", np.asfortranarray, ValueError, "not C-contiguous"),
        ("weights", lambda x: np.repeat(x, 2, axis=1)[:, ::2], ValueError, "not C-contiguous"),
        ("data", lambda x: x[::-1], ValueError, "not C-contiguous"),
        ("out", read_only, ValueError, "read-only"),
        ("data", list, TypeError, "list"),
        ("data", lambda x: None, TypeError, "NoneType"),
        ("start", str, TypeError, "str"),
        ("start", float, TypeError, "float"),
        ("stop", lambda x: 2**70, OverflowError, "int"),
    ],
)  # fmt: skip
def test_arguments_that_a_kernel_cannot_take(scores_softmax, name, change, error, message):
    given = arguments()
    given[name] = change(given[name])
    with pytest.raises(error, match=message):
        scores_softmax(**given)


def test_a_mean_takes_counts_but_no_history():
    weights, clock, counts, out = np.ones((3, 2)), np.ones(7), np.ones(3, np.int64), np.zeros((3, 1))
    averaged = cython.load("log_loss").averaged
    averaged(weights, clock, counts, None, out)
    np.testing.assert_array_equal(out, 2.0)  # a sum of 1, and the weight once more, over one iterate
    with pytest.raises(TypeError, match="NoneType"):
        averaged(weights, clock, None, None, out)


def test_arguments_that_are_too_few(scores_softmax):
    with pytest.raises(TypeError, match="8 positional arguments"):
        scores_softmax(*list(arguments().values())[:-1])


def test_native_byte_order_may_be_explicit(scores_softmax):
    """As in the arrays of ctypes."""
    given = arguments()
    data = given["data"] = (ctypes.c_double * 3)(1.0, 2.0, 4.0)
    assert memoryview(data).format == ("<d" if sys.byteorder == "little" else ">d")
    scores_softmax(**given)
    np.testing.assert_array_equal(given["out"], [[8.5, 11.25], [8.5, 12.25]])


def test_arrays_are_let_go(scores_softmax):
    given, buffer = arguments(), bytearray(24)
    data = given["data"] = memoryview(buffer).cast("d")
    scores_softmax(**given)
    with pytest.raises(ValueError, match="out must be"):
        scores_softmax(**{**given, "out": np.zeros(4)})
    data.release()
    buffer.append(0)  # a BufferError while anything looks into it
