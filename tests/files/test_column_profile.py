"""What the values of a column look like."""

import pytest

from fastlr.files.column_profile import ColumnProfile


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
