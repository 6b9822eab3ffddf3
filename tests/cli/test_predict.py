"""`fastlr predict` on texts."""

import json

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, run, train, write_tsv

import fastlr
from fastlr.cli import _scoring
from fastlr.files import streams


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
    for i, (row, label) in enumerate(zip(predict("--json"), model.predict(texts), strict=True), 1):
        assert json.loads(row) == {"row": i, "label": label}


def test_predict_lines_from_a_pipe(folder):
    result = run("predict", folder / "model.fastlr", "-", input="a ripe plum and a fig\nzinc\nhammer")
    assert result.stdout.splitlines() == ["fruit", "metal", "tool"]
    assert result.stderr == "standard input: plain text\n3 documents read (0 empty): 3 predicted, 0 skipped\n"


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
    assert json.loads(run("predict", *arguments, "--json").stdout.split("\n")[0]) == {"row": 1, "label": "a\nb"}
    model = arguments[0]
    for command in (("inspect", model), ("inspect", model, "--word", "fig"), ("evaluate", *arguments)):
        said = run(*command).stdout
        assert r"a\nb" in said
        assert not {"\t", "\r", "\0"} & {*said}
        assert not any(line.startswith(("b ", "d ", "d\\r")) for line in said.split("\n"))


GOOD = ["plum", "saw", "fig"]
BAD = {
    "a.tsv": ("x\t{}\n", ["x\n", "x\tsaw\tdrill\n"]),
    "a.csv": ("x,{}\n", ["x\n", "x,saw,drill\n"]),
    "quoted.csv": ('x,"{}"\n', ["x\n", 'x,"saw"drill\n']),
    "a.jsonl": ('{{"text": "{}"}}\n', ['{"text": null}\n', "saw\n"]),
    "a.vw": ("1 | {}\n", ["saw\n", "1 |f a:1e99\n"]),
    "a.fasttext": ("__label__x {}\n", []),
    "a.txt": ("{}\n", []),
}


@pytest.mark.parametrize("chunk", [3, 2**22])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_has_an_empty_prediction(folder, monkeypatch, name, chunk):
    """So that line ``i`` of the output belongs to row ``i``, wherever blocks and chunks end."""
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 40))
    monkeypatch.setattr(_scoring, "MAX_PROBABILITIES", chunk)
    template, bad = BAD[name]
    bad = [line.encode() for line in bad] + [template.format("plum").encode().replace(b"u", b"\xff")]
    rows = [bad[0], *(template.format(word).encode() for word in GOOD), *bad, *bad]
    rows += [template.format(word).encode() for word in GOOD * 5] + [bad[-1]]
    (folder / name).write_bytes(b"".join(rows))
    names = {"plum": "fruit", "saw": "tool", "fig": "fruit"}
    expected = ["", *(names[word] for word in GOOD), *[""] * (2 * len(bad))]
    expected += [names[word] for word in GOOD * 5] + [""]
    columns = ("--text", "2", "--no-header") if name.endswith(("csv", "tsv")) else ()
    columns += ("--encoding", "utf-8")
    arguments = "predict", folder / "two.fastlr", folder / name, "--skip-bad-lines", *columns
    result = run(*arguments)
    assert result.stdout.split("\n") == [*expected, ""]
    n_bad = expected.count("")
    assert f"{len(rows)} documents read (0 empty): 18 predicted, {n_bad} skipped\n" in result.stderr
    records = [json.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]
    assert records == [{"row": i, "label": label or None} for i, label in enumerate(expected, 1)]


def test_bad_rows_of_parquet_have_empty_predictions(folder):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    texts = [None, "plum", "saw", None, None, "fig", None]
    pyarrow.parquet.write_table(pa.table({"text": texts}), folder / "a.parquet")
    result = run("predict", folder / "two.fastlr", folder / "a.parquet", "--skip-bad-lines")
    assert result.stdout.split("\n") == ["", "fruit", "tool", "", "", "fruit", "", ""]
    assert "7 documents read (0 empty): 3 predicted, 4 skipped\n" in result.stderr


def test_empty_documents_are_counted(folder):
    """Those without a word, be it for white space; not those with values of Vowpal Wabbit."""
    (folder / "empty.txt").write_text("plum\n\n \t \n plum\n\u00e9\n")
    assert (
        "5 documents read (2 empty): 5 predicted, 0 skipped"
        in run("predict", folder / "two.fastlr", folder / "empty.txt").stderr
    )
    (folder / "empty.vw").write_text("1 |f a:2\n1 |\n1 | plum\n1 | \n")
    assert (
        "4 documents read (2 empty): 4 predicted, 0 skipped"
        in run("predict", folder / "two.fastlr", folder / "empty.vw").stderr
    )
