"""Values as JSON: they come back as they were, and anything else is refused."""

import contextlib
import json

import numpy as np
import pytest
from helpers.model_files import JSON, assert_same
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.persistence.encoding import Decoder, Encoder
from fastlr.schedules import Constant, LinearDecay, LinearRestarts, Lipschitz, StepDecay

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


@settings(max_examples=300)
@given(JSON)
def test_decoding_anything(encoded):
    with contextlib.suppress(ValueError):
        Decoder({"classes_": np.arange(3), "_coef": np.ones((40, 3))}).decode(encoded)


VALUES_OF_ANY_KIND = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
    | st.sampled_from([np.float32, np.float64, np.int8(-3), np.float16(0.1), np.bool_(True), np.str_("x")]),
    lambda parts: st.lists(parts, max_size=4)
    | st.tuples(parts, parts)
    | st.dictionaries(st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False), parts, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(VALUES_OF_ANY_KIND)
def test_values_come_back_through_json(value):
    encoder = Encoder()
    text = json.dumps(encoder.encode(value, "value"), allow_nan=False)
    assert_same(value, Decoder(encoder.tensors).decode(json.loads(text)))


@pytest.mark.parametrize(
    "schedule", [Constant(0.1), LinearDecay(1.0, 7), LinearRestarts(), Lipschitz(), StepDecay(epochs=[1, 2.5])]
)
def test_schedules_come_back(schedule):
    encoder = Encoder()
    assert Decoder({}).decode(encoder.encode(schedule, "learning_rate")) == schedule
