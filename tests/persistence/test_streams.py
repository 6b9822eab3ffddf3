"""Open descriptors are written to behind what they hold."""

import io

from fastlr.persistence.streams import STDOUT, open_stream


def test_printed_text_comes_before_what_is_written(monkeypatch):
    content = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BufferedWriter(content)))
    print("before", end="")
    with open_stream(STDOUT) as stream:
        stream.write(b", written")
    print(", after", end="", flush=True)
    assert content.getvalue() == b"before, written, after"
