"""Labels as JSON values: those that are malformed are refused, whatever is wrong with them."""

import pytest

from fastlr.persistence.labels import labels_from_json


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (["a", "b"], "malformed"),
        ({"type": "int64", "values": [1], "more": 0}, "malformed"),
        ({"type": "complex128", "values": []}, "unknown type 'complex128'"),
        ({"type": "no type", "values": [None]}, "unknown type 'no type'"),
        ({"type": ["int64"], "values": []}, "unknown type"),
        ({"type": "int64", "values": [1.0]}, "do not have the type 'int64'"),
        ({"type": "uint8", "values": [256]}, "out of range for uint8|out of bounds"),
        ({"type": "datetime64[0s]", "values": [1]}, r"unknown type 'datetime64\[0s\]'"),
        ({"type": "object", "values": [float("nan")]}, "missing label"),
    ],
)
def test_malformed_labels_are_refused(encoded, message):
    with pytest.raises(ValueError, match=message):
        labels_from_json(encoded)
