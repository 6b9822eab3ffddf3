"""What the values of a column look like."""

import pytest

from fastlr.files.tables.column_profile import ColumnProfile, words_in

KINDS = {
    "number": [
        ["1", "2.5", "-3e4"],
        ["$12.50", "€3", "1,234.56"],
        ["12 %", "7 %"],
        ["1,5", "2,25", "3,75"],
    ],
    "date": [
        ["2019-03-04", "2020-12-31"],
        ["2019-03-04T12:30:00Z", "2019-03-04 12:30:00+00:00"],
        ["03/04/2019", "3.4.19"],
        ["Mon Apr 06 22:19:45 PDT 2009", "Tue May 26 01:02:03 +0000 2015"],
        ["April 3, 2019", "September 21, 2008"],
        ["3 Apr 2019", "21st Sep 2008"],
        ["09 13, 2009", "01 2, 2010"],
        ["12:30", "1:02:03"],
    ],
    "address": [
        ["https://a.example/b-c", "http://d.example"],
        ["a@b.example", "c.d@e.example"],
        ["@someone", "@other"],
        ["www.a.example/x"],
        ["/usr/share/doc", "/etc/hosts"],
    ],
    "code": [["B0001234", "A19_2X"], ["550e8400-e29b-41d4-a716-446655440000"], ["4f2a9c3b7d1e"], ["gj04", "cj99"]],
    "markup": [["<p>A text of some words</p>", "<div class='x'>more</div>"]],
    "words": [["good", "bad"], ["a fine film", "https://a.example is fine"], ["好电影"], ["May", "March 1 was fine"]],
    "nothing": [["", " "], []],
}


@pytest.mark.parametrize(("kind", "values"), [(kind, values) for kind, lists in KINDS.items() for values in lists])
def test_kinds(kind, values):
    assert ColumnProfile(values).kind == kind
    if kind not in ("nothing", "words"):  # a few exceptions change nothing
        assert ColumnProfile([*values * 20, "an exception", ""]).kind == kind


def test_repeats():
    profile = ColumnProfile(["a", "b", "a", "c", " a ", ""])
    assert (profile.n, profile.n_filled, profile.n_distinct) == (6, 5, 3)
    assert profile.filled == 5 / 6
    assert profile.singles == 2 / 5  # the next row has a new value in about so many cases
    assert profile.top == 3 / 5


@pytest.mark.parametrize(
    ("values", "closed"),
    [
        (["a", "b"] * 20, True),
        ([str(i) for i in range(40)], False),
        (["a"] * 40, False),
        ([str(i // 2) for i in range(40)], True),
        (["a", "b", "a"], True),
        (["a", "b"], False),
        ([str(i) for i in range(30)] + ["0"] * 70, True),
    ],
)
def test_values_that_repeat_are_closed(values, closed):
    assert ColumnProfile(values).is_closed == closed


@pytest.mark.parametrize("values", [["0", "1"], ["0.0", "1.0"], ["True", "False"], ["yes", "no"], ["0", "0"]])
def test_flags(values):
    assert ColumnProfile(values).is_flag


@pytest.mark.parametrize("values", [["0", "2"], ["1", "2", "0"], ["yes", "no", "maybe"], ["", ""]])
def test_no_flags(values):
    assert not ColumnProfile(values).is_flag


def test_words_of_scripts_without_spaces():
    assert words_in("a fine film") == 3
    assert words_in("质量不错价格便宜") == 5
    assert words_in("") == 0


def test_unique_values_and_fractions():
    assert ColumnProfile([str(i) for i in range(20)]).is_unique
    assert not ColumnProfile([str(i) for i in range(19)]).is_unique  # too few to tell
    assert ColumnProfile(["1.5", "2"]).has_fractions
    assert not ColumnProfile(["1.0", "2"]).has_fractions


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2015-03-09T10:00:00.000+00:00", "date"),
        ("Mon Apr 06 22:19:45 PDT 2009", "date"),
        ("Sun Mar 08 04:17:15 +0000 2015", "date"),
        ("May 10, 2015", "date"),
        ("12 Jan 2014 10:00 CEST", "date"),
        ("09 13, 2009", "date"),
        # Words that begin like a date, of which many might be time zones.
        ("market 20 told up happy next their product with was their up think cold public again it so", "words"),
        ("May 20 was a good day, as we all said then and say now, up to the end of it", "words"),
        ("https://www.daily.example/a-b", "address"),
        ("1,000.50 €", "number"),
        ("B000000012", "code"),
    ],
)
def test_kinds_of_values(value, kind):
    assert ColumnProfile([value] * 3).kind == kind
