"""Saved models compared with those they were, and values to write into their files."""

import math

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

import fastlr
from fastlr.persistence.encoding import Decoder


def assert_same(a, b, where="value"):
    """Equal in kind and to the bit, but that NumPy's numbers may have become Python's."""
    if isinstance(a, np.generic):
        a = a.item()
    assert type(a) is type(b) or {type(a), type(b)} == {np.ndarray, np.memmap}, where
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, where
        assert a.shape == b.shape, where
        assert (a.flags.c_contiguous, a.flags.f_contiguous) == (b.flags.c_contiguous, b.flags.f_contiguous), where
        assert a.tobytes() == b.tobytes() or a.dtype == object, where
        np.testing.assert_array_equal(a, b)
    elif sp.issparse(a):
        assert (a.format, a.shape) == (b.format, b.shape), where
        for part in ("data", "indices", "indptr"):
            assert_same(getattr(a, part), getattr(b, part), f"{where}.{part}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{k}]")
    elif isinstance(a, dict):
        assert list(map(repr, a)) == list(map(repr, b)), where
        for k in a:
            assert_same(a[k], b[k], f"{where}[{k!r}]")
    elif isinstance(a, np.random.RandomState):
        assert_same(list(a.get_state()), list(b.get_state()), where)
    elif hasattr(a, "state_dict"):
        assert_same(a.state_dict(), b.state_dict(), where)
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), where
    else:
        assert a == b, where


def assert_same_model(model, again):
    assert type(again) is type(model)
    before = {name: value for name, value in vars(model).items() if value is not None or not name.startswith("_")}
    if before.get("_optimizer") is not None:  # what was shown of weights in training is not kept
        before = {name: value for name, value in before.items() if name not in ("_coef", "_intercept")}
    elif "_optimizer_config" in before:
        del before["_optimizer_config"]
    after = {name: value for name, value in vars(again).items() if value is not None or not name.startswith("_")}
    assert_same(dict(sorted(before.items())), dict(sorted(after.items())), type(model).__name__)


def saved(model, path, **how):
    fastlr.save(model, path)
    return fastlr.load(path, **how)


def entry(k, value):
    def change(old):
        new = old.copy()
        new[k] = value
        return new

    return change


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(["classes_", "_coef", "numba", "inf", "RowScale"]),
    lambda parts: st.lists(parts, max_size=4)
    | st.dictionaries(st.sampled_from([*Decoder._DECODERS, "tensor", "places", "shape"]), parts, max_size=2),
    max_leaves=8,
)  # fmt: skip
