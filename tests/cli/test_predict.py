"""`fastlr predict` on texts."""

import json

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, run, train, write_tsv

import fastlr


def test_predict_is_what_the_model_says(folder):
    write_tsv(folder / "new.tsv", draw(50, WORDS, seed=4))
    texts = [text for _, text in draw(50, WORDS, seed=4)]
    model = fastlr.load(folder / "model.fastlr")
    proba = model.predict_proba(texts)
    names = model.classes_.tolist()

    def predict(*options):
        return run("predict", folder / "model.fastlr", folder / "new.tsv", "--text", "2", *options).stdout.splitlines()

    assert predict() == model.predict(texts).tolist()
    header, *rows = predict("--proba")
    assert header.split("\t") == names
    assert np.allclose([[float(p) for p in row.split("\t")] for row in rows], proba, atol=1e-5)
    for row, p in zip(predict("--top", 2), proba, strict=True):
        first, p_first, second, p_second = row.split("\t")
        assert [first, second] == [names[k] for k in np.argsort(-p)[:2]]
        assert float(p_first) == pytest.approx(p.max(), rel=1e-4)
        assert float(p_second) <= float(p_first)
    for row, p in zip(predict("--json", "--proba"), proba, strict=True):
        said = json.loads(row)
        assert said["label"] == names[p.argmax()]
        assert [said["probabilities"][name] for name in names] == pytest.approx(p, abs=1e-5)
    assert json.loads(predict("--json")[0]) == {"label": model.predict(texts[:1])[0]}


def test_predict_lines_from_a_pipe(folder):
    result = run("predict", folder / "model.fastlr", "-", input="a ripe plum and a fig\nzinc\nhammer")
    assert result.stdout.splitlines() == ["fruit", "metal", "tool"]
    assert result.stderr == "standard input: plain text\n"


def test_a_line_out_for_a_line_in(folder):
    """Blank lines and commas are text; what begins a pipe is not taken for a file of one column."""
    prose = "\na hammer, a saw\n\nplum, pear\n  \n"
    for data, options in ((folder / "prose.txt", {}), ("-", {"input": prose})):
        (folder / "prose.txt").write_text(prose)
        said = run("predict", folder / "two.fastlr", data, **options)
        assert "plain text" in said.stderr
        lines = said.stdout.splitlines()
        assert len(lines) == 5
        assert (lines[1], lines[3]) == ("tool", "fruit")
    assert "plain text" in run("predict", folder / "two.fastlr", "-", input="plum, says the saw\n").stderr
    assert "CSV" in run("predict", folder / "two.fastlr", "-", input="1,plum\n2,saw\n").stderr


def test_names_of_classes_stay_in_their_line(folder):
    """Those with line ends and tabs in them, which CSV and JSON allow."""
    rows = [("a\nb", "plum fig pear"), ("c\td\r\0e", "saw drill file")] * 10
    (folder / "lines.jsonl").write_text("".join(json.dumps({"label": c, "text": text}) + "\n" for c, text in rows))
    train("lines.jsonl", folder, "lines")
    arguments = folder / "lines.fastlr", folder / "lines.jsonl", "-q"
    said = run("predict", *arguments).stdout.split("\n")
    assert said == [r"a\nb", r"c\td\r\0e"] * 10 + [""]
    assert run("predict", *arguments, "--proba").stdout.split("\n")[0] == "a\\nb\tc\\td\\r\\0e"
    assert run("predict", *arguments, "--top", "1").stdout.startswith("a\\nb\t0.")
    assert json.loads(run("predict", *arguments, "--json").stdout.split("\n")[0]) == {"label": "a\nb"}
    model = arguments[0]
    for command in (("inspect", model), ("inspect", model, "--word", "fig"), ("evaluate", *arguments)):
        said = run(*command).stdout
        assert r"a\nb" in said
        assert not {"\t", "\r", "\0"} & {*said}
        assert not any(line.startswith(("b ", "d ", "d\\r")) for line in said.split("\n"))
