"""Files of texts, and what a reader yields of them."""

from fastlr.files.reader import Reader

ROWS = [("good", "a fine film"), ("bad", "a boring one"), ("good", "Größe, naïve 日本"), ("bad", "x")]


TSV = "".join(f"{label}\t{text}\n" for label, text in ROWS)


def rows_of(reader):
    """What a reader yields, as pairs of label and text."""
    rows = []
    for batch in reader:
        assert len(batch.documents) == len(batch.lines)
        labels = [None] * len(batch.documents) if batch.labels is None else batch.labels.tolist()
        texts = [text.decode() for text in batch.documents]
        rows += zip(labels, texts, strict=True)
    names = reader.labels.names
    return [(None if label is None else names[label], text) for label, text in rows]


def read(path, **options):
    with Reader(str(path), **options) as reader:
        return rows_of(reader)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
