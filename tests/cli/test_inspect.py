"""`fastlr inspect` of models of texts."""

import re

import pytest
from helpers.command_line import WORDS, run, train

import fastlr


def test_inspect_names_the_words(folder):
    said = run("inspect", folder / "model.fastlr").stdout
    for label, words in WORDS.items():
        line = next(line for line in said.splitlines() if line.startswith(f"{label} ") and "," in line)
        assert len({*line.split(None, 1)[1].split(", ")} & {*words}) >= 3, line
    weights = run("inspect", folder / "two.fastlr", "--word", "apple", "--word", "SAW", "--word", "xyzzy").stdout
    rows = {line.split()[0]: line.split()[1:] for line in weights.splitlines()}
    assert rows["word"] == ["fruit", "tool"]
    assert float(rows["apple"][0]) > 0 > float(rows["apple"][1])
    assert float(rows["SAW"][1]) > 0
    assert rows["xyzzy"] == ["-", "-"]
    hyphen, space = (run("inspect", folder / "two.fastlr", "--word", f"the{c}of").stdout for c in "- ")
    assert hyphen.split()[-2:] == space.split()[-2:] != ["-", "-"]
    assert re.search(r"l2 penalty, alpha \d\.\de-\d\d", run("inspect", folder / "two.fastlr").stdout)
    assert "alpha" not in train("two.tsv", folder, "free", "--penalty", "none")
    assert "passes, no penalty" in run("inspect", folder / "free.fastlr").stdout


@pytest.mark.parametrize("word", ["हिन्दी", "e\u0301te\u0301", "ΟΔΟΣ", "naïve"])
def test_inspect_takes_for_a_word_what_the_model_does(tmp_path, word):
    model = fastlr.TextClassifier(n_features=2**12).fit([f"one {word}", "one other"] * 20, ["a", "b"] * 20)
    fastlr.save(model, tmp_path / "model.fastlr")
    rows = run("inspect", tmp_path / "model.fastlr", "--word", word).stdout.splitlines()
    assert float(rows[1].split()[1]) > 0
