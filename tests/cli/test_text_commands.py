import importlib
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command_line import refused, run

import fastlr
from fastlr.cli import _pieces, main

evaluate = importlib.import_module("fastlr.cli.evaluate")

WORDS = {
    "fruit": ["apple", "pear", "plum", "cherry", "quince", "fig", "grape"],
    "metal": ["iron", "copper", "zinc", "lead", "silver", "gold", "tin"],
    "tool": ["hammer", "saw", "drill", "chisel", "plane", "file", "wrench"],
}
COMMON = ["the", "of", "and", "with", "under"]

COMMAND = [sys.executable, "-m", "fastlr"]


def draw(n, classes, seed=0):
    """Texts of which half of the words tell the class."""
    rng = np.random.default_rng(seed)
    for label in rng.choice(list(classes), n):
        yield str(label), " ".join([*rng.choice(WORDS[label], 4), *rng.choice(COMMON, 4)])


def write_tsv(path, rows):
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    write_tsv(folder / "train.tsv", draw(300, WORDS))
    write_tsv(folder / "test.tsv", draw(60, WORDS, seed=1))
    write_tsv(folder / "two.tsv", draw(200, ["fruit", "tool"]))
    train("train.tsv", folder, "model")
    train("two.tsv", folder, "two")
    return folder


def train(data, folder, name, *options):
    return run("train", folder / data, "-o", folder / f"{name}.fastlr", *options).stderr


def test_train_says_what_it_does(folder):
    said = train("train.tsv", folder, "said").splitlines()
    assert said[0].endswith("train.tsv: TSV without a header; label in column 1, text in column 2")
    assert said[1].startswith("300 texts, 3 classes, ")
    assert said[2].startswith("validation on 30 texts: accuracy ")
    assert float(said[2].split("accuracy ")[1].split("%")[0]) > 90
    assert "said.fastlr: written after" in said[3]
    assert train("train.tsv", folder, "said", "--quiet") == ""


@pytest.mark.parametrize(
    "options",
    [
        ["--penalty", "l1", "--alpha", "1e-4"],
        ["--penalty", "none", "--ngrams", "1"],
        ["--penalty", "elasticnet", "--C", "10"],
        ["--optimizer", "adagrad", "--passes", "3"],
        ["--valid", "0"],
        ["--valid", "test.tsv"],
        ["--memory", "500M", "--threads", "2", "--seed", "3"],
    ],
)
@pytest.mark.parametrize("data", ["train.tsv", "two.tsv"])
def test_options_of_train(folder, data, options, monkeypatch):
    monkeypatch.chdir(folder)
    if options[-1] == "test.tsv":
        write_tsv(folder / "test.tsv", draw(60, WORDS if data == "train.tsv" else ["fruit", "tool"], seed=1))
    train(data, folder, "options", *options)
    model = fastlr.load("options.fastlr")
    rows = list(draw(60, WORDS if data == "train.tsv" else ["fruit", "tool"], seed=2))
    assert model.score([text for _, text in rows], [label for label, _ in rows]) > 0.9
    assert (model.validation_ is None) == ("0" in options)


def test_same_seed_same_model_whatever_the_threads(folder):
    files = []
    for threads in (1, 2):
        train("train.tsv", folder, f"threads{threads}", "--threads", threads, "--seed", "5")
        files.append((folder / f"threads{threads}.fastlr").read_bytes())
    assert files[0] == files[1]


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
    assert result.stderr == "standard input: a text a line\n"


def test_a_line_out_for_a_line_in(folder):
    """Blank lines and commas are text; what begins a pipe is not taken for a file of one column."""
    prose = "\na hammer, a saw\n\nplum, pear\n  \n"
    for data, options in ((folder / "prose.txt", {}), ("-", {"input": prose})):
        (folder / "prose.txt").write_text(prose)
        said = run("predict", folder / "two.fastlr", data, **options)
        assert "a text a line" in said.stderr
        lines = said.stdout.splitlines()
        assert len(lines) == 5
        assert (lines[1], lines[3]) == ("tool", "fruit")
    assert "a text a line" in run("predict", folder / "two.fastlr", "-", input="plum, says the saw\n").stderr
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
        assert not any(line.startswith(("b ", "d")) for line in said.split("\n"))


def write_csv(path, names, rows):
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in [names, *rows]))
    return path


def test_columns_are_found_again_by_their_names(folder):
    """Guessed anew, the text would be in "title", and the label in "class"."""
    rows = [(k % 2, label, "a long title that says nothing", text) for k, (label, text) in enumerate(draw(60, WORDS))]
    source = write_csv(folder / "named.csv", ("class", "kind", "title", "words"), rows)
    train("named.csv", folder, "named", "--label", "kind", "--text", "words")
    model = fastlr.load(folder / "named.fastlr")
    texts = [row[-1] for row in rows]
    expected = model.predict(texts).tolist()
    said = run("predict", folder / "named.fastlr", source)
    assert said.stdout.splitlines() == expected
    assert said.stderr.endswith("named.csv: CSV with a header; text in 'words'\n")
    said = json.loads(run("evaluate", folder / "named.fastlr", source, "--json", "-q").stdout)
    assert said["accuracy"] == np.mean([row[1] == label for row, label in zip(rows, expected, strict=True)])
    assert "text in 'words', label in 'kind'\n" in run("inspect", folder / "named.fastlr").stdout
    # Whatever the order, the other columns and the format.
    other = write_csv(folder / "other.csv", ("title", "words"), [row[2:] for row in rows])
    assert run("predict", folder / "named.fastlr", other, "-q").stdout.splitlines() == expected
    lines = folder / "named.jsonl"
    lines.write_text("".join(json.dumps({"title": row[2], "words": row[3], "kind": row[1]}) + "\n" for row in rows))
    assert run("predict", folder / "named.fastlr", lines, "-q").stdout.splitlines() == expected
    assert run("predict", folder / "named.fastlr", "-", input=other.read_text()).stdout.splitlines() == expected
    # Whoever says otherwise is right.
    said = run("predict", folder / "named.fastlr", source, "--text", "title").stderr
    assert said.endswith("CSV with a header; text in 'title'\n")
    said = run("predict", folder / "named.fastlr", source, "--text", "kind,words", "-q").stdout
    assert said.splitlines() == model.predict([f"{row[1]} {row[3]}" for row in rows]).tolist()


def test_columns_that_are_not_there_are_guessed(folder):
    rows = [(label, text) for label, text in draw(60, WORDS)]
    write_csv(folder / "said.csv", ("kind", "words"), rows)
    train("said.csv", folder, "said", "--text", "words")
    other = write_csv(folder / "unsaid.csv", ("id", "text"), enumerate(text for _, text in rows))
    said = run("predict", folder / "said.fastlr", other)
    told, guessed = said.stderr.splitlines()
    assert told.endswith("unsaid.csv: CSV with a header; text in 'text'")
    assert guessed.endswith("unsaid.csv: the text is guessed, without the 'words' of the training")
    assert said.stdout.splitlines() == fastlr.load(folder / "said.fastlr").predict([text for _, text in rows]).tolist()
    said = run("predict", folder / "said.fastlr", folder / "test.tsv").stderr  # without a header
    assert said.endswith("test.tsv: TSV without a header; text in column 2\n")


def test_numbers_of_columns_are_those_of_training(folder):
    """Where columns have no names, if there are as many of them."""
    rows = [(f"the {text} title", label, text) for label, text in draw(60, WORDS)]
    path = folder / "numbers.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    train("numbers.tsv", folder, "numbers", "--label", "2", "--text", "3")
    assert "text in column 3, label in column 2" in run("inspect", folder / "numbers.fastlr").stdout
    assert run("predict", folder / "numbers.fastlr", path).stderr.endswith("header; text in column 3\n")
    assert "label in column 2, text in column 3" in run("evaluate", folder / "numbers.fastlr", path).stderr
    assert run("predict", folder / "numbers.fastlr", folder / "test.tsv").stderr.endswith("header; text in column 2\n")
    said = run("convert", path, folder / "numbers.store", "--model", folder / "numbers.fastlr").stderr
    assert "label in column 2, text in column 3" in said


def test_validation_is_read_as_the_training(folder):
    rows = [(k % 2, label, text) for k, (label, text) in enumerate(draw(60, WORDS))]
    write_csv(folder / "a.csv", ("class", "kind", "text"), rows)
    write_csv(folder / "b.csv", ("class", "text", "kind"), [(n, text, label) for n, label, text in rows])
    said = train("a.csv", folder, "validated", "--label", "kind", "--valid", folder / "b.csv")
    assert "b.csv: CSV with a header; label in 'kind', text in 'text'" in said
    assert "validation on 60 texts" in said


def test_validation_on_nothing_is_said(folder):
    path = write_tsv(folder / "few.tsv", [("a", "plum"), ("b", "saw"), ("a", "fig"), ("b", "file")])
    said = train("few.tsv", folder, "few", "--valid", "0.01")
    assert "validation on nothing: of 4 texts a share of 0.01 came to none\n" in said
    assert fastlr.load(folder / "few.fastlr").validation_ is None
    assert "validation" not in train("few.tsv", folder, "few", "--valid", "0")
    (folder / "header.tsv").write_text("label\ttext\n")
    options = ("-o", folder / "few.fastlr", "-q", "--valid")
    assert "header.tsv: there are no texts in it" in refused("train", path, *options, folder / "header.tsv")
    assert "--valid -: standard input holds what is trained on" in refused("train", "-", *options, "-")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_importance_whose_sum_is_too_large(folder):
    (folder / "huge.vw").write_text("fruit 1e308 | plum\ntool 1e308 | saw\nfruit 1 | fig\ntool 1 | file\n" * 9)
    assert "must have a finite sum" in refused("train", folder / "huge.vw", "-o", folder / "huge.fastlr", "-q")
    options = ("-o", folder / "huge.fastlr", "-q", "--valid", folder / "huge.vw")
    assert "must have a finite sum" in refused("train", folder / "two.tsv", *options)
    assert "must have a finite sum" in refused("evaluate", folder / "two.fastlr", folder / "huge.vw", "-q")


def test_evaluate_counts_right(folder):
    rows = list(draw(80, WORDS, seed=6))
    rows[0] = ("metal" if rows[0][0] != "metal" else "tool", rows[0][1])  # one wrong label at least
    write_tsv(folder / "eval.tsv", rows)
    said = json.loads(run("evaluate", folder / "model.fastlr", folder / "eval.tsv", "--json").stdout)
    model = fastlr.load(folder / "model.fastlr")
    labels, texts = np.array([label for label, _ in rows]), [text for _, text in rows]
    predicted, proba = model.predict(texts), model.predict_proba(texts)
    assert said["n"] == 80
    assert said["accuracy"] == pytest.approx((predicted == labels).mean())
    codes = np.searchsorted(model.classes_, labels)
    assert said["log_loss"] == pytest.approx(-np.log(proba[np.arange(80), codes]).mean())
    for k, name in enumerate(model.classes_.tolist()):
        right = ((predicted == name) & (labels == name)).sum()
        assert said["classes"][name]["precision"] == pytest.approx(right / (predicted == name).sum())
        assert said["classes"][name]["recall"] == pytest.approx(right / (labels == name).sum())
        assert said["classes"][name]["support"] == (labels == name).sum()
        assert said["confusion"][k][k] == right
    assert sum(said["calibration"]["count"]) == 80
    report = run("evaluate", folder / "model.fastlr", folder / "eval.tsv").stdout
    assert f"{said['accuracy']:.2%}" in report
    assert "true class, taken for" in report


def test_many_classes_are_predicted_a_few_at_a_time(folder, monkeypatch):
    arguments = folder / "model.fastlr", folder / "test.tsv"
    commands = ("evaluate", *arguments, "--json"), ("predict", *arguments, "--proba"), ("predict", *arguments, "--json")
    before = [run(*command).stdout for command in commands]
    monkeypatch.setattr(_pieces, "MOST", 20)
    assert [run(*command).stdout for command in commands] == before
    monkeypatch.setattr(_pieces, "MOST", 1)
    assert [run(*command).stdout for command in commands] == before
    monkeypatch.setattr(evaluate, "MAX_CLASSES", 2)
    assert "it has 3 classes, too many" in refused("evaluate", *arguments)


def test_evaluate_draws(folder):
    pytest.importorskip("matplotlib")
    run("evaluate", folder / "model.fastlr", folder / "train.tsv", "--plot", folder / "plot.png")
    assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
    said = refused("evaluate", folder / "model.fastlr", folder / "absent.tsv", "-q", "--plot", folder / "plot.xyz")
    assert f"--plot {folder / 'plot.xyz'}: its format is none of " in said
    assert not list(folder.glob("plot.xyz*"))


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
    assert "l2 penalty, alpha 1.0e-" in run("inspect", folder / "two.fastlr").stdout
    assert "alpha" not in train("two.tsv", folder, "free", "--penalty", "none")
    assert "passes, no penalty" in run("inspect", folder / "free.fastlr").stdout


@pytest.mark.parametrize("word", ["हिन्दी", "e\u0301te\u0301", "ΟΔΟΣ", "naïve"])
def test_inspect_takes_for_a_word_what_the_model_does(tmp_path, word):
    model = fastlr.TextClassifier(n_features=2**12).fit([f"one {word}", "one other"] * 20, ["a", "b"] * 20)
    fastlr.save(model, tmp_path / "model.fastlr")
    rows = run("inspect", tmp_path / "model.fastlr", "--word", word).stdout.splitlines()
    assert float(rows[1].split()[1]) > 0


def test_a_block_of_nothing_but_bad_lines(folder, tmp_path):
    data, lines = tmp_path / "bad.txt", "__label__fruit an apple\n__label__tool a saw\n" * 50
    data.write_text(lines + "junk\n" * 10**6 + lines)
    options = ("--format", "fasttext", "--skip-bad-lines", "-q")
    for out in ("out.store", "out.parquet"):
        run("convert", data, tmp_path / out, "--model", folder / "two.fastlr", *options)
        assert "accuracy            100.00%" in run("evaluate", folder / "two.fastlr", data, *options).stdout
    assert fastlr.open_store(tmp_path / "out.store").shape[0] == 200
    run("train", data, "-o", tmp_path / "model.fastlr", "--memory", "500M", *options)


@pytest.mark.parametrize("name", ["out.tsv", "out.csv", "out.jsonl", "out.fasttext", "out.vw"])
def test_convert_texts_there_and_back(folder, name):
    run("convert", folder / "train.tsv", folder / name)
    run("convert", folder / name, folder / "back.tsv")
    assert (folder / "back.tsv").read_text() == (folder / "train.tsv").read_text()


def test_convert_texts_to_rows(folder):
    numbered = [(str(len(label)), text) for label, text in draw(40, ["fruit", "tool"])]
    write_tsv(folder / "numbered.tsv", numbered)
    run("convert", folder / "numbered.tsv", folder / "rows.svm", "--model", folder / "two.fastlr")
    run("convert", folder / "numbered.tsv", folder / "rows.store", "--model", folder / "two.fastlr")
    X, y = fastlr.read_svmlight(folder / "rows.svm")
    store = fastlr.open_store(folder / "rows.store")
    assert y.astype(int).astype(str).tolist() == store.labels().tolist() == [label for label, _ in numbered]
    assert abs(X - store.to_csr()[:, : X.shape[1]]).max() < 1e-6
    assert np.allclose(np.sqrt(X.multiply(X).sum(axis=1)), 1.0)
    assert "svmlight's labels are whole numbers" in refused("convert", folder / "two.tsv", folder / "x.svm", "-q")
    assert not (folder / "x.svm").exists()


@pytest.mark.parametrize("name", ["rows.svm", "rows.store", "rows.parquet"])
def test_hashed_words_are_rows_of_numbers(folder, name):
    """Which are trained on as such, and which no model of texts takes."""
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    source = write_tsv(folder / "rows.tsv", [("1", "plum"), ("2", "saw"), ("1", "pear")] * 5)
    run("convert", source, folder / name, "-q")
    run("train", folder / name, "-o", folder / "rows.fastlr", "-q", "--passes", "3", "--valid", "0")
    assert run("predict", folder / "rows.fastlr", folder / name, "-q").stdout.split() == ["1", "2", "1"] * 5
    assert "rows of numbers, where texts are wanted" in refused("predict", folder / "two.fastlr", folder / name, "-q")


def test_convert_what_a_format_has_no_place_for(folder):
    source = write_tsv(folder / "odd.tsv", [("x", "__label__y plum"), ("y", "a:b|c"), ("x", "fig")])
    for name, texts in (("odd.fasttext", ["y plum", "a:b|c", "fig"]), ("odd.vw", ["__label__y plum", "a b c", "fig"])):
        run("convert", source, folder / name, "-q")
        run("convert", folder / name, folder / "back.tsv", "-q")
        lines = (folder / "back.tsv").read_text().splitlines()
        assert [line.partition("\t") for line in lines] == [
            (c, "\t", text) for c, text in zip("xyx", texts, strict=True)
        ]
    assert "labels are whole numbers, and 'x' is none" in refused("convert", source, folder / "odd.svm", "-q")
    assert not (folder / "odd.svm").exists()
    assert "Only a model becomes a pickle" in refused("convert", source, folder / "odd.pkl", "-q")


@pytest.mark.parametrize("name", ["odd.tsv", "odd.csv", "odd.jsonl", "odd.fasttext", "odd.vw"])
def test_what_is_converted_is_read_again(folder, name):
    """Whatever is in labels and texts: as many of them, and whole but for what there is no place for."""
    rows = [
        (f"a{mark}b", f"plum{mark}fig")
        for mark in ["\n", "\t", "\r", "\0", "|", ":", "'", ",", '"', "\f", "\u2028", "\x1d"]
    ]
    rows += [("'a", "'plum"), ("1,2", "1,2"), ("\n", "\n"), ("\0", "\0"), ("__label__a", "__label__b"), ('"', '"')]
    (folder / "odd.jsonl").write_text("".join(json.dumps({"label": c, "text": text}) + "\n" for c, text in rows))
    run("convert", folder / "odd.jsonl", folder / f"again.{name}", "-q")
    columns = ("--label", "1", "--text", "2") if name in ("odd.tsv", "odd.csv") else ()
    run("convert", folder / f"again.{name}", folder / "again.jsonl", "-q", *columns)
    found = [json.loads(line) for line in (folder / "again.jsonl").read_bytes().splitlines()]
    assert len(found) == len(rows)
    for (label, text), again in zip(rows, found, strict=True):
        assert len(again["label"]) == len(label)
        assert all(new in (old, "_") for new, old in zip(again["label"], label, strict=True))
        words = text.replace("__label__", " ") if name == "odd.fasttext" else text
        assert re.findall(r"\w+", again["text"]) == re.findall(r"\w+", words)
        if name in ("odd.csv", "odd.jsonl") and "\0" not in label:
            assert (again["label"], again["text"]) == (label, text)


def test_rows_of_svmlight_have_whole_numbers_as_labels(folder):
    for label in ("0.5", "1_0", "nan"):
        source = write_tsv(folder / "halves.tsv", [(label, "plum"), ("1", "saw")] * 4)
        said = refused("convert", source, folder / "halves.svm", "-q")
        assert f"svmlight's labels are whole numbers, and {label!r} is none" in said
        assert not (folder / "halves.svm").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("own.tsv own.tsv", "own.tsv: it would take its own place"),
        ("own.tsv ./own.tsv --to jsonl", "it would take its own place"),
        ("own.fastlr own.fastlr --to pickle", "it would take its own place"),
        ("own.tsv own.fastlr --to svmlight --model own.fastlr", "it would take the place of the model"),
    ],
)
def test_convert_takes_the_place_of_nothing_that_it_reads(folder, monkeypatch, arguments, said):
    monkeypatch.chdir(folder)
    write_tsv(folder / "own.tsv", [("1", "plum"), ("2", "saw")] * 4)
    (folder / "own.fastlr").write_bytes((folder / "two.fastlr").read_bytes())
    before = [(folder / name).read_bytes() for name in ("own.tsv", "own.fastlr")]
    assert said in refused("convert", *arguments.split(), "-q")
    assert [(folder / name).read_bytes() for name in ("own.tsv", "own.fastlr")] == before


@pytest.mark.parametrize("name", ["model", "two"])
def test_convert_model_to_scikit_learn(folder, name):
    said = run("convert", folder / f"{name}.fastlr", folder / "model.pkl").stderr
    assert said.endswith("model.pkl: a Pipeline of scikit-learn\n")
    pipeline = pickle.loads((folder / "model.pkl").read_bytes())
    rows = [(label, text) for label, text in draw(20, WORDS, seed=8)]
    texts = [text for _, text in rows]
    model = fastlr.load(folder / f"{name}.fastlr")
    assert pipeline.predict(texts).tolist() == model.predict(texts).tolist()
    new = write_tsv(folder / "pickled.tsv", rows)
    _, *said = run("predict", folder / f"{name}.fastlr", new, "--text", "2", "--proba").stdout.splitlines()
    printed = [[float(p) for p in line.split("\t")] for line in said]
    assert np.allclose(pipeline.predict_proba(texts), printed, rtol=0, atol=1e-5)


def test_convert_linear_model_to_scikit_learn(folder):
    X = np.random.default_rng(0).normal(size=(30, 4))
    model = fastlr.SGDClassifier(random_state=0).fit(X, X.argmax(axis=1))
    fastlr.save(model, folder / "linear.fastlr")
    run("convert", folder / "linear.fastlr", folder / "linear.pkl")
    theirs = pickle.loads((folder / "linear.pkl").read_bytes())
    np.testing.assert_allclose(theirs.predict_proba(X), model.predict_proba(X), rtol=0, atol=1e-12)


def test_bad_lines(folder):
    path = folder / "bad.tsv"
    path.write_text((folder / "two.tsv").read_text() + "lonely\n")
    said = refused("train", path, "-o", folder / "bad.fastlr", "-q")
    assert "1 bad line: line 201 (fewer than 2 columns)" in said
    assert not (folder / "bad.fastlr").exists()
    said = train("bad.tsv", folder, "bad", "--skip-bad-lines")
    assert "left out 1 bad line: line 201" in said


HOSTILE = {
    "empty": (b"", "is empty"),
    "one class": (b"a\tone\na\ttwo\n", "no telling which column holds the labels"),
    "binary": (bytes(range(256)) * 10, "zero bytes"),
    "cut off": (b"\x1f\x8b\x08\x00", "cut off"),
    "words": (b"no labels here\nnone at all\n", "without labels"),
}


CSV = "label,text\n" + "good,fine film\nbad,dull film\n" * 9
HOSTILE |= {
    "UTF-16": (CSV.encode("utf-16"), "it is UTF-16, where UTF-8 is wanted: iconv -f UTF-16 -t UTF-8"),
    "UTF-16 without a mark": (CSV.encode("utf-16-be"), "it is UTF-16, where UTF-8 is wanted"),
    "UTF-16 of few zeros": ("好,电影\n坏,电影".encode("utf-16"), "it is UTF-16, where UTF-8 is wanted"),
    "carriage returns": (CSV.replace("\n", "\r").encode(), "its lines end in carriage returns alone"),
    "semicolons": (CSV.replace(",", ";").encode(), "without labels"),
    "no labels": (CSV.replace("good", "").replace("bad", "").encode(), "18 bad lines: line 2 (empty label)"),
    "one row": (b"label,text\na,x\n", "two classes or more; there is 1: ['a']"),
    "header alone": (b"label,text\n", "There are no texts to train on"),
    "Latin-1": (CSV.encode() + b"good,caf\xe9\n", "1 bad line: line 20 (not UTF-8)"),
    "open quote": (CSV.encode() + b'good,"fine\n', "line 20 (a quote that is never closed)"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_a_line(folder, content, message):
    (folder / "hostile").write_bytes(content)
    assert message in refused("train", folder / "hostile", "-o", folder / "hostile.fastlr", "-q")
    assert not (folder / "hostile.fastlr").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", CSV.replace(",", ";"), "commas separate the columns of CSV, and its first line has semicolons"),
        ("x.csv", CSV.replace(",", "\t"), "its first line has tabs: --format tsv reads them"),
        ("x.tsv", CSV, "tabs separate the columns of TSV, and its first line has commas: --format csv reads them"),
        ("x.csv", "text\nfine film\ndull film\n", "which column holds the labels"),
    ],
)
def test_other_delimiters_are_named(folder, name, content, message):
    (folder / name).write_text(content)
    assert message in refused("train", folder / name, "-o", folder / "m", "-q")


def test_what_people_do_and_works(folder):
    """Windows' line ends and byte order mark; line ends and commas within quotes; labels that are numbers."""
    rows = [("good", "fine film"), ("bad", "dull film")] * 9
    quoted = "label,text\r\n" + "".join(f'{label},"{text},\n""so"" it is"\r\n' for label, text in rows)
    for content in (CSV.replace("\n", "\r\n").encode("utf-8-sig"), quoted.encode()):
        (folder / "windows.csv").write_bytes(content)
        train("windows.csv", folder, "windows")
        said = run("predict", folder / "windows.fastlr", folder / "windows.csv", "-q").stdout.splitlines()
        assert said == [label for label, _ in rows]
    (folder / "stars.csv").write_text(CSV.replace("good", "4.5").replace("bad", "1.0"))
    train("stars.csv", folder, "stars")
    assert fastlr.load(folder / "stars.fastlr").classes_.tolist() == ["1.0", "4.5"]


@pytest.mark.parametrize("command", ["predict", "evaluate", "convert"])
def test_a_model_is_no_text(folder, command):
    model = folder / "two.fastlr"
    arguments = [model, folder / "x.tsv"] if command == "convert" else [model, model]
    assert "two.fastlr: it is a model, where texts are wanted" in refused(command, *arguments, "-q")


def test_columns_that_contradict_each_other(folder):
    (folder / "x.csv").write_text(CSV)
    output = ("-o", folder / "m", "-q")
    assert "is named twice" in refused("train", folder / "x.csv", *output, "--text", "text,text")
    assert "among those of the text" in refused("train", folder / "x.csv", *output, "--label", "text", "--text", "text")
    for option in ("--label", "--text"):
        for name in ("labl", "0", "3", ""):
            said = refused("train", folder / "x.csv", *output, option, name)
            assert f"there is no column {name!r}; there are 2: label, text" in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no disk that is full")
@pytest.mark.parametrize(
    "command", ["inspect two.fastlr", "predict two.fastlr two.tsv -q", "--help", "train --help", "--version"]
)
def test_output_that_cannot_be_written(folder, command):
    said = subprocess.run(
        ["sh", "-c", '"$@" > /dev/full', "sh", *COMMAND, *command.split()],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "Error: No space left on device\n")


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
@pytest.mark.parametrize(
    "command", ["train two.tsv -q -o", "convert -q --to csv two.tsv", "convert two.fastlr --to pickle"]
)
def test_disk_that_is_full_leaves_nothing(folder, command):
    """As where no file may have more than 1,024 bytes."""
    pytest.importorskip("fastlr.kernels.compilers.cython.entry")  # Numba writes files of its own
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "from fastlr.__main__ import main; main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *command.split(), "full.out"],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"FASTLR_BACKEND": "cython"},
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "Error: full.out: File too large\n")
    assert not list(folder.glob("full.out*"))


def test_one_class_when_columns_are_said(folder):
    path = write_tsv(folder / "one.tsv", [("a", "x"), ("a", "y")])
    said = refused("train", path, "-o", folder / "one.fastlr", "--label", "1", "--text", "2", "-q")
    assert "two classes or more" in said


def test_places_that_cannot_be_read_or_written(folder):
    data = folder / "two.tsv"
    assert "it is a directory" in refused("train", data, "-o", folder, "-q").lower()
    assert "the name of the file to be written is empty" in refused("train", data, "-o", "", "-q")
    assert "nothing can be written to" in refused("train", data, "-o", folder / ("x" * 300), "-q")
    assert refused("train", "", "-o", folder / "m", "-q") == "Error: '': No such file or directory\n"
    assert "there is no directory" in refused("train", data, "-o", folder / "none" / "m", "-q")
    assert "No such file" in refused("train", folder / "absent.tsv", "-o", folder / "m", "-q")
    assert "directory" in refused("train", folder, "-o", folder / "m", "-q")
    assert "No such file" in refused("predict", folder / "absent.fastlr", data, "-q")
    assert "not a whole, unchanged file" in refused("predict", data, data, "-q")
    unlike = write_tsv(folder / "unlike.tsv", [("x", "one"), ("y", "two"), ("x", "three")])
    assert "does not know the labels 'x', 'y'" in refused("evaluate", folder / "two.fastlr", unlike, "-q")
    assert "nothing is trained on: ['x', 'y']" in refused("train", data, "-o", folder / "m", "--valid", unlike, "-q")
    assert not (folder / "m").exists()
    (folder / "same.tsv").hardlink_to(data)
    before = data.read_bytes()
    for options in ((data,), (folder / "train.tsv", "--valid", data)):
        assert "the place of the texts" in refused("train", *options, "-o", folder / "same.tsv", "-q")
    assert data.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_devices_and_pipes_are_not_replaced(folder):
    """As superuser, a model written to /dev/null would take its place."""
    pipe = folder / "pipe.jsonl"
    os.mkfifo(pipe)
    assert "no regular file" in refused("train", folder / "two.tsv", "-o", pipe, "-q")
    assert "no regular file" in refused("convert", folder / "two.tsv", pipe, "-q")
    with pytest.raises(FileExistsError, match="no regular file"):
        fastlr.save(fastlr.load(folder / "two.fastlr"), pipe)
    assert pipe.is_fifo()
    assert not list(folder.glob("*.tmp"))


@pytest.mark.parametrize(
    "args",
    [
        ("train",),
        ("train", "x"),
        ("train", "x", "-o", "y", "--alpha", "1", "--C", "1"),
        ("train", "x", "-o", "y", "--valid", "1.5"),
        ("train", "x", "-o", "y", "--memory", "much"),
        ("train", "x", "-o", "y", "--memory", "0"),
        ("train", "x", "-o", "y", "--penalty", "none", "--alpha", "1"),
        ("train", "x", "-o", "y", "--C", "1e-320"),
        ("train", "x", "-o", "y", "--passes", "99999999999999999999"),
        ("train", "x", "-o", "y", "--seed", "99999999999999999999"),
        ("predict", "m", "x", "--proba", "--top", "3"),
        ("convert", "x", "y"),
        ("unknown",),
    ],
)
def test_wrong_usage(args):
    assert run(*args, code=2).stderr.startswith("Usage: ")


@pytest.mark.parametrize("size", ["0", "1", "20M", "499.9MB"])
def test_too_little_memory_is_refused_with_the_least(size):
    said = run("train", "x", "-o", "y", "--memory", size, code=2).stderr
    assert said.endswith(f"Invalid value for '--memory': '{size}' is too little to train with; the least is 500M.\n")


@pytest.mark.parametrize("command", main.COMMANDS)
def test_help_shows_examples(command):
    said = run(command, "--help").stdout
    assert said.startswith("Usage: ")
    assert command == "demo" or f"  fastlr {command} " in said or f"| fastlr {command} " in said


def subprocess_run(*args, code=0, **options):
    result = subprocess.run([*COMMAND, *map(str, args)], capture_output=True, text=True, check=False, **options)
    assert result.returncode == code, result.stderr
    return result


def test_train_and_predict_import_little(folder):
    pytest.importorskip("fastlr.kernels.compilers.cython.entry")
    code = (
        "import sys, click, numpy; before = set(sys.modules)\n"  # some versions import more than others
        "from fastlr.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print(*set(sys.modules) - before)"
    )
    heavy = {"sklearn", "scipy", "numba", "tqdm", "pandas", "numpy.ma", "tempfile", "pathlib"}
    heavy |= {"fastlr.kernels.sources.sgd", "fastlr.files.json_lines"}
    training = {"numpy.random", "concurrent.futures", "fastlr.training.plan", "fastlr.schedules"}
    training |= {"fastlr.files.delimited"}
    for needless, args in (
        (heavy, ["train", folder / "two.tsv", "-o", folder / "light.fastlr", "--backend", "cython", "-q"]),
        (heavy | training, ["predict", folder / "two.fastlr", folder / "none.txt", "--backend", "cython", "-q"]),
    ):
        (folder / "none.txt").write_text("plum\n")
        command = [sys.executable, "-c", code, *map(str, args)]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not needless & set(said.stdout.splitlines()[-1].split()), said.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts the threads of the process as Linux does")
def test_openblas_starts_no_threads_unless_asked_to():
    code = (
        "import os, sys; from fastlr.__main__ import main; sys.argv[1:] = ['--version']\n"
        "def said(code): import numpy; print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))\n"
        "os._exit = said\n"
        "main()"
    )
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for asked, n in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")):
        command = [sys.executable, "-c", code]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=others | asked)
        set_to, n_threads = said.stdout.splitlines()[-1].split()
        assert set_to == n
        assert asked or n_threads == "1"


@pytest.mark.skipif(os.name != "posix", reason="closes streams by a shell")
@pytest.mark.parametrize(
    ("arguments", "closed", "code", "said"),
    [
        ("train - -o closed.fastlr", "<&-", 1, "Error: standard input: it is closed\n"),
        ("predict two.fastlr -", "<&-", 1, "Error: standard input: it is closed\n"),
        ("predict two.fastlr two.tsv", ">&-", 1, "Error: Standard output is closed.\n"),
        ("evaluate two.fastlr two.tsv", ">&-", 1, "Error: Standard output is closed.\n"),
        ("inspect two.fastlr", ">&-", 1, "Error: Standard output is closed.\n"),
        ("demo", ">&-", 1, "Error: Standard output is closed.\n"),
        ("train two.tsv -o closed.fastlr", "2>&-", 0, ""),
    ],
)
def test_closed_streams(folder, arguments, closed, code, said):
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, *arguments.split()]
    result = subprocess.run(shell, capture_output=True, text=True, check=False, cwd=folder)
    assert (result.returncode, result.stderr) == (code, said)
    assert (folder / "closed.fastlr").exists() == (code == 0)
    (folder / "closed.fastlr").unlink(missing_ok=True)


def test_pipes(folder):
    text = (folder / "two.tsv").read_text()
    said = subprocess_run("train", "-", "-o", folder / "piped.fastlr", input=text)
    assert said.stderr.startswith("standard input: TSV without a header")
    a, b = (fastlr.load(folder / f"{name}.fastlr") for name in ("piped", "two"))
    assert np.array_equal(a._model.weights, b._model.weights)
    # A reader that has had enough is no error to speak of.
    predict = [*COMMAND, "predict", str(folder / "two.fastlr"), "-", "-q"]
    with subprocess.Popen(predict, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"plum\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"fruit\n"  # as soon as the line was there
        process.stdout.close()
        for _ in range(20):
            try:
                process.stdin.write(b"plum\n" * 10000)
                process.stdin.flush()
            except BrokenPipeError:
                break
        assert process.stderr.read() == b""


def heed_signals():
    """Let a process end by Ctrl-C even where the tests run in the background, who ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_leaves_no_half_a_model(folder):
    """While the data still come, and the model that was there before stays."""
    before = (folder / "two.fastlr").read_bytes()
    command = [*COMMAND, "train", "-", "-o", str(folder / "two.fastlr")]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, preexec_fn=heed_signals) as process:
        process.stdin.write((folder / "two.tsv").read_bytes() * 400)
        process.stdin.flush()
        assert process.stderr.readline().startswith(b"standard input")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130  # Numba may be compiling, which nothing interrupts
        assert process.stderr.read() == b"Interrupted.\n"
    assert (folder / "two.fastlr").read_bytes() == before
    assert not list(folder.glob("*.tmp"))


# Sends the process the signal of Ctrl-C when it is about to import a module, or when it ends.
INTERRUPTED = """
import os, signal, sys
moment = sys.argv.pop(1)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
def leave(code, leave=os._exit):
    os._exit = leave
    os.kill(os.getpid(), signal.SIGINT)
if moment == "the end":
    os._exit = leave
from fastlr.__main__ import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(
    "moment", ["fastlr.cli.main", "click.core", "fastlr.cli.train", "numpy._core._multiarray_umath", "the end"]
)
def test_ctrl_c_at_the_start_and_at_the_end_is_one_line(folder, moment):
    if moment == "numpy._core._multiarray_umath" and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("has another name in NumPy 1")
    command = [sys.executable, "-c", INTERRUPTED, moment, "train", str(folder / "two.tsv"), "-q"]
    output = folder / "interrupted.fastlr"
    command = [*command, "-o", str(output)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=heed_signals)
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "Interrupted.\n")
    assert output.exists() == (moment == "the end")
    assert not list(folder.glob("*.tmp"))
    output.unlink(missing_ok=True)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_in_the_background_stays_ignored(folder):
    """A shell without job control starts what ends in & so."""
    command = [sys.executable, "-c", INTERRUPTED, "fastlr.cli.main", "--version"]
    said = subprocess.run(
        ["sh", "-c", 'trap "" INT; "$@"', "sh", *command], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
