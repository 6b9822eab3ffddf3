"""Whether the first row is a header: a row of cells that behave unlike their columns."""

import itertools

import pytest

from fastlr.files.tables.header import is_header

TEXTS = [f"the {a} film had {b} actors and {c} music in it" for a, b, c in itertools.product("abcd", "efg", "hijkl")]
LABELS = ["pos", "neg"]
ROWS = [[LABELS[k * 7 % 2], text] for k, text in enumerate(TEXTS)]


@pytest.mark.parametrize(
    "header",
    ["utterance,intent", "tweet,emotion", "headline,section", "posts,type", "v2,v1", "foo,bar", "spalte,eins", "qz,K7"],
)
@pytest.mark.parametrize("n", [8, 60])
def test_names_that_are_no_value_below(header, n):
    """Whether they are in use or not."""
    assert is_header([header.split(",")[::-1], *ROWS[:n]])


@pytest.mark.parametrize("n", [1, 2, 8, 60])
def test_rows_alone(n):
    assert not is_header(ROWS[:n])


@pytest.mark.parametrize(
    "column",
    [
        [str(i) for i in range(60)],
        [f"2019-03-{i % 28 + 1:02d}" for i in range(60)],
        [f"https://a.example/{i}" for i in range(60)],
        [f"{i / 7:.3f}" for i in range(60)],
    ],
)
def test_columns_of_a_kind(column):
    """A value of the kind above others is a row, and a word above them a header."""
    table = [[cell, *row] for cell, row in zip(column, ROWS, strict=True)]
    assert not is_header(table)
    assert is_header([["x1", *row] for row in [["x2", "x3"]]] + table)


def test_names_again():
    """Files were put together, each with its header."""
    assert is_header([["label", "text"], *ROWS[:30], ["label", "text"], *ROWS[30:]])
    assert not is_header([["pos", "a film"], *[["pos", "a film"], ["neg", "no film"]] * 9])


def test_a_label_or_text_that_is_a_name_elsewhere():
    assert not is_header([["topic", "body"], *([a, "body"] for a in ("topic", "class") * 9)])
    assert not is_header([["title", TEXTS[0] * 3], *([a, TEXTS[3] * 3] for a in ("title", "class", "x") * 9)])


def test_a_header_alone():
    assert is_header([["label", "text"]])
    assert not is_header([["pos", "a fine film"]])
