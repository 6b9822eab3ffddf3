"""The command line: from a text file to a model, and from a model to a prediction, each in its own process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from harness.measure import seconds_of

from .text import make_texts

FASTLR = [sys.executable, "-m", "fastlr"]


class Command:
    """8,000 documents of 120 words, 6 MB. Those that hold a word which about half of them do are of one class."""

    timeout = 300

    def setup(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.data, self.model, self.line = folder / "data.tsv", folder / "model.fastlr", folder / "line.tsv"
        texts = make_texts(8000)
        words = [set(text.split()) for text in texts]
        half = min(words[0], key=lambda word: (abs(sum(word in row for row in words) - len(words) / 2), word))
        lines = [f"{'yes' if half in row else 'no'}\t{text}\n" for row, text in zip(words, texts, strict=True)]
        self.data.write_text("label\ttext\n" + "".join(lines))
        self.line.write_text("label\ttext\n" + lines[0])
        self.train()

    def teardown(self):
        self.folder.cleanup()

    def run(self, *arguments):
        subprocess.run([*FASTLR, *map(str, arguments)], check=True, capture_output=True)

    def train(self):
        self.run("train", self.data, "-o", self.model)

    def track_train(self):
        return self.data.stat().st_size / 1e6 / min(seconds_of(self.train) for _ in range(3))

    def track_predict_one(self):
        return min(seconds_of(lambda: self.run("predict", self.model, self.line)) for _ in range(5))

    track_train.unit = "MB/s"
    track_predict_one.unit = "seconds"
    track_train.pretty_name = "command: from a file of text to a model"
    track_predict_one.pretty_name = "command: one line predicted"
