"""Values that hold several labels, and those that only look like it."""

from collections import Counter
from itertools import combinations

import pytest

from fastlr.files.tables.label_lists import is_bracketed, labels_in, mark_between

LISTS = {
    ",": ["neg", "neg,x1", "pos,x1", "pos", "x1", "neg"],
    ";": ["Student loan;Mortgage", "Mortgage", "Student loan; Debt", "Debt", "Mortgage;Debt"],
    "|": ["Action|Comedy", "Comedy|Drama", "Drama", "Action|Drama"],
    " ": ["cs.LG stat.ML", "cs.LG", "math.ST stat.ML", "math.ST", "cs.LG math.ST"],
}


@pytest.mark.parametrize("mark", LISTS)
def test_marks_between_labels(mark):
    assert mark_between(Counter(LISTS[mark])) == mark


@pytest.mark.parametrize("values", [["2, 1", "2", "1, 2"], ["0,4", "0", "4,0"]])
def test_numbers_that_are_no_decimals(values):
    assert mark_between(Counter(values)) == ","


def test_words_in_any_order_are_several_labels():
    assert mark_between(Counter(["warm dry", "cold wet", "dry warm", "wet cold"])) == " "
    lists = ["warm", "warm dry", "dry calm warm", "calm dry"]
    assert mark_between(Counter(3 * lists)) == " "
    assert mark_between(Counter(lists)) is None  # texts have words in any order, and seldom repeat
    texts = [text for a, b, c in combinations("abcdefghijkl", 3) for text in (f"{a} {b} {c}", f"{b} {c} {a}")]
    assert mark_between(Counter(3 * texts)) is None  # or are made of more words


@pytest.mark.parametrize(
    "values",
    [
        ["positive", "negative"],
        ["Extremely Positive", "Positive", "Negative", "Extremely Negative"],
        ["London, UK", "Paris, France", "Rome, Italy", "Oslo, Norway"],
        ["Credit reporting, credit repair, or other", "Mortgage", "Debt collection"],
        ["Smith, John", "Garcia, Maria", "Chen, Li"],
        ["1,5", "2,5", "3,5", "1", "2", "5"],  # decimals
        ["1,0", "0,1", "1,1", "0,0"],
        ["New York", "New Jersey", "Texas"],
        ["Sci/Tech", "World"],
    ],
)
def test_marks_within_a_label(values):
    assert mark_between(Counter(values)) is None
    assert not is_bracketed(Counter(values))


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("['cs.CV', 'cs.AI']", ["cs.CV", "cs.AI"]),
        ('["neg"]', ["neg"]),
        ("<python><c++>", ["python", "c++"]),
        ("[3, 27]", ["3", "27"]),
        ("[]", []),
    ],
)
def test_lists_in_brackets(value, labels):
    assert is_bracketed({value: 3})
    assert labels_in(value, None) == labels
