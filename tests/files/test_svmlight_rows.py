"""Rows of svmlight files in batches."""

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files import streams, svmlight
from fastlr.files.reader import Reader
from fastlr.files.row_batches import with_columns
from fastlr.files.svmlight import check_line, read_svmlight

WORDS_OF_ROWS = [
    "1",
    "-1",
    "+2",
    "0.5",
    "nan",
    "x",
    "qid:3",
    "1:2",
    "2:0.5",
    "3:-1e3",
    "0:1",
    "2:1",
    "7:nan",
    "5:1e39",
    "a:1",
]


@settings(max_examples=100)
@given(
    lines=st.lists(st.lists(st.sampled_from([*WORDS_OF_ROWS, "#", ":", "1:"]), max_size=5), min_size=1, max_size=8),
    zero_based=st.booleans(),
    block=st.integers(1, 60),
)
def test_rows_of_svmlight_are_what_the_library_reads(tmp_path_factory, lines, zero_based, block):
    """The lines left when bad ones are skipped are the same, whatever the blocks; and every bad line is counted."""
    path = tmp_path_factory.mktemp("rows") / "a.svm"
    texts = [" ".join(words) for words in lines]
    path.write_text("1 1:1\n" + "".join(f"{text}\n" for text in texts))
    before = streams.blocks_of_lines.__defaults__
    streams.blocks_of_lines.__defaults__ = (False, block)
    try:
        with Reader(str(path), zero_based=zero_based, skip_bad_lines=True) as reader:
            batches = list(reader)
    finally:
        streams.blocks_of_lines.__defaults__ = before
    good = ["1 1:1"]
    for text in texts:
        try:
            check_line(text.encode(), 0 if zero_based else 1, True)
            good.append(text)
        except svmlight.BadLine:
            continue
    assert reader.bad.count == len(texts) + 1 - len(good)
    X, y = read_svmlight(io.BytesIO("\n".join(good).encode()), zero_based=zero_based)
    assert np.concatenate([batch.y for batch in batches]).tolist() == y.tolist()
    rows = [row for batch in batches for row in with_columns(batch.X, X.shape[1])[0].toarray().tolist()]
    np.testing.assert_allclose(rows, X.toarray(), rtol=1e-6)
