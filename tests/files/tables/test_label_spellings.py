"""Labels that most likely mean the same."""

import pytest

from fastlr.files.tables.label_spellings import alike


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("spam", "Spam"),
        ("spam", "spam\u00a0"),
        ("\ufeffspam", "spam"),
        ("sp\u200bam", "spam"),
        ("very  good", "very good"),
        ("1", "1.0"),
        ("1", "1.00"),
        ("-1", "-1.0"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uff11", "1"),
    ],
)
def test_spellings_of_a_label(a, b):
    assert alike(["other", a, b, "2"]) == [[a, b]]


def test_labels_that_differ():
    assert alike(["1", "2", "1_0", "10", "1.5", "ham", "spam", "good", "goods", "caf\u00e9", "cafe"]) == []
