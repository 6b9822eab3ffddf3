"""The command line on rows of numbers: svmlight, stores, and Parquet of indices and values."""

import gzip
import json
import re

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.command_line import refused, run

import fastlr
from fastlr.files import streams
from fastlr.metrics import accuracy, log_loss
from fastlr.training.holdout import hold_out

N, D = 240, 30

# By default the command makes a hundred for so few rows, which take the NumPy reference minutes.
PASSES = ("--passes", "4")


def draw(n=N, n_classes=3, n_features=D, seed=0):
    """Rows of which three features tell the class, in float32, and labels from 1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    X = np.where(rng.random((n, n_features)) < 0.15, rng.random((n, n_features)), 0.0)
    for k in range(3):
        X[np.arange(n), 3 * y + k] = rng.random(n) + 0.2
    X[0, -1] = 1.0  # so that there are as many columns as said
    return sp.csr_matrix(X.astype(np.float32)), y + 1


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    """Let the command take as little memory as makes few rows go to the disk."""
    monkeypatch.setattr("fastlr.cli._options.Size.LEAST", 1, raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    X, y = draw()
    fastlr.write_svmlight(folder / "train.svm", X, y)
    fastlr.write_svmlight(folder / "two.svm", *draw(n_classes=2))
    fastlr.write_store(folder / "train.store", X, y)
    fastlr.write_svmlight(folder / "test.svm", *draw(60, seed=1))
    (folder / "texts.tsv").write_text("".join(f"{c}\t{c} fine words {i}\n" for i, c in enumerate("ab" * 20)))
    run("train", folder / "train.svm", "-o", folder / "model.fastlr", "-q", *PASSES)
    run("train", folder / "texts.tsv", "-o", folder / "texts.fastlr", "-q")
    return folder


def train(folder, data, *options, **keywords):
    run("train", folder / data if data != "-" else "-", "-o", folder / "out.fastlr", *PASSES, *options, **keywords)
    return fastlr.load(folder / "out.fastlr")


def test_train_says_what_it_does(folder):
    said = run("train", folder / "train.svm", "-o", folder / "said.fastlr", *PASSES).stderr.splitlines()
    assert said[0].endswith("train.svm: svmlight, numeric features")
    counts = re.fullmatch(r"240 rows read \(0 empty\): (\d+) trained on, (\d+) held out, 0 skipped", said[1])
    assert sum(map(int, counts.groups())) == 240
    assert re.fullmatch(r"3 classes, 30 features, [\d.]+ MB", said[2])
    assert said[3].startswith(f"validation on {counts[2]} rows: accuracy ")
    assert re.fullmatch(r"validation .*: accuracy \d+\.\d\d%, log-loss 0\.\d{4} \(alpha .*", said[3])
    assert "said.fastlr: written after" in said[4]
    assert said[4].endswith(" MB/s")
    assert run("train", folder / "train.svm", "-o", folder / "said.fastlr", "-q", *PASSES).stderr == ""


def test_formats_make_the_same_model(folder):
    """Bit for bit, also if the rows have to go to the disk on their way."""
    content = (folder / "train.svm").read_bytes()
    (folder / "train.gz").write_bytes(gzip.compress(content))
    zero_based = re.sub(rb" (\d+):", lambda found: b" %d:" % (int(found[1]) - 1), content)
    (folder / "zero").write_bytes(zero_based)
    first = (folder / "model.fastlr").read_bytes()
    for data, options in (
        ("train.svm", []), ("train.gz", []), ("zero", ["--zero-based"]), ("train.svm", ["--memory", "10k"]),
    ):  # fmt: skip
        train(folder, data, *options)
        assert (folder / "out.fastlr").read_bytes() == first, (data, options)
    piped = train(folder, "-", input=content)
    stored = train(folder, "train.store")
    model = fastlr.load(folder / "model.fastlr")
    assert isinstance(model, fastlr.SGDClassifier)
    assert model.classes_.tolist() == [1, 2, 3]
    for other in (piped, stored):
        np.testing.assert_array_equal(other.coef_, model.coef_)
        assert other.alpha_ == model.alpha_
    assert model.score(*draw(100, seed=2)) > 0.9


def test_a_store_is_trained_on_by_parts(folder, monkeypatch):
    """Never more of it in memory than two of them, and the rows held out are no part of training."""
    from fastlr.store import problem

    monkeypatch.setattr(problem, "PART_BYTES", 4000)
    monkeypatch.setattr(problem, "MIN_PIECE_BYTES", 500)
    monkeypatch.setattr(problem, "PIECE_BYTES", 500)
    monkeypatch.setattr(fastlr.store.Store, "to_csr", lambda self: pytest.fail("all of the store was loaded"))
    assert train(folder, "train.store").score(*draw(100, seed=2)) > 0.9


def test_parquet_of_numbers(folder):
    pytest.importorskip("pyarrow")
    from fastlr.files.arrow import store_to_parquet

    store_to_parquet(fastlr.open_store(folder / "train.store"), folder / "rows.parquet")
    model, stored = train(folder, "rows.parquet"), train(folder, "train.store")
    np.testing.assert_array_equal(model.coef_, stored.coef_)
    named = train(folder, "rows.parquet", "--label", "label")
    np.testing.assert_array_equal(model.coef_, named.coef_)
    assert "no column 'x'" in refused("train", folder / "rows.parquet", "-o", folder / "x", "--label", "x", "-q")
    said = run("predict", folder / "out.fastlr", folder / "rows.parquet", "-q").stdout.split()
    assert said == [str(label) for label in model.predict(draw()[0])]


def test_the_model_is_that_of_the_estimator(folder):
    """Trained with weights of 0 for the rows held out, and with the strength that is best on them."""
    model = fastlr.load(folder / "model.fastlr")
    X, y = draw()
    weights = np.ones(N)
    rows = hold_out((y - 1).astype(np.int32), None, 0.1, np.random.default_rng(0))
    weights[rows] = 0.0
    losses = {}
    auto = fastlr.SGDClassifier(random_state=0, max_iter=4).fit(X, y, weights)
    for alpha in (auto.alpha_, 0.1 * auto.alpha_, 10 * auto.alpha_):
        one = fastlr.SGDClassifier(alpha=alpha, random_state=0, max_iter=4).fit(X, y, weights)
        p = one.predict_proba(X[rows])
        losses[alpha] = log_loss(p, y[rows] - 1)
        if alpha == model.alpha_:
            np.testing.assert_allclose(one.coef_, model.coef_, rtol=1e-5, atol=1e-6)
            said = run("train", folder / "train.svm", "-o", folder / "x", *PASSES).stderr
            assert f"accuracy {accuracy(p, y[rows] - 1):.2%}, log-loss {losses[alpha]:.4f}" in said
    assert model.alpha_ == min(losses, key=losses.get)


@pytest.mark.parametrize(("validation", "weights"), [("0", np.ones(N)), ("two.svm", None)])
def test_the_history_is_that_of_the_estimator(folder, validation, weights):
    """To the last digit, which depends on whether weights of 1 are given, and after epoch 1 on how long that took."""
    validation = validation if validation == "0" else folder / validation
    model = train(folder, "two.svm", "--valid", validation, "--alpha", "1e-4")
    X, y = fastlr.read_svmlight(folder / "two.svm")
    whole = fastlr.SGDClassifier(alpha=1e-4, random_state=0, max_iter=4).fit(X.astype(np.float32), y, weights)
    assert model.history_["training_loss"][0] == whole.history_["training_loss"][0]


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        (["--penalty", "l1", "--alpha", "1e-3"], {"penalty": "l1", "alpha": 1e-3}),
        (["--penalty", "none", "--passes", "3"], {"penalty": None, "max_iter": 3}),
        (["--penalty", "elasticnet", "--valid", "0"], {"penalty": "elasticnet", "alpha": "auto"}),
        (["--optimizer", "adagrad", "--seed", "5"], {"optimizer": "adagrad", "random_state": 5}),
        (["--C", "10", "--valid", "0"], {"alpha": pytest.approx(1 / (10 * N))}),
        (["--threads", "1"], {"n_jobs": None, "backend": None}),
    ],
)
def test_options_are_those_of_the_estimator(folder, options, parameters):
    model = train(folder, "two.svm", *options)
    found = model.get_params()
    assert {name: found[name] for name in parameters} == parameters
    assert model.score(*draw(100, n_classes=2, seed=3)) > 0.85
    if parameters.get("max_iter"):
        assert model.n_iter_ == 3


def test_validation_by_a_file(folder):
    model = train(folder, "train.svm", "--valid", folder / "test.svm", "--alpha", "1e-4")
    whole = fastlr.SGDClassifier(alpha=1e-4, random_state=0, max_iter=4).fit(*draw())
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-5)
    said = run("train", folder / "train.svm", "-o", folder / "x", "--valid", folder / "train.store", *PASSES).stderr
    assert "validation on 240 rows" in said
    (folder / "strange.svm").write_text("7 1:1\n8 2:1\n")
    said = refused("train", folder / "train.svm", "-o", folder / "x", "--valid", folder / "strange.svm", "-q")
    assert "labels that are not in the training data: ['7', '8']" in said
    said = refused("train", folder / "train.svm", "-o", folder / "x", "--valid", folder / "texts.tsv", "-q")
    assert "expected numeric features, but the file seems to hold documents" in said


def test_weights_of_rows(folder):
    """The weights of a store count in training and in its report; a row of weight 0 is absent."""
    X, y = draw()
    s = np.random.default_rng(4).integers(0, 3, N).astype(float)
    fastlr.write_store(folder / "weighted.store", X, y, s)
    model = train(folder, "weighted.store", "--valid", "0", "--alpha", "1e-4")
    whole = fastlr.SGDClassifier(alpha=1e-4, random_state=0, max_iter=4).fit(X, y, s)
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-5)
    options = ("--valid", folder / "weighted.store", *PASSES)
    said = run("train", folder / "weighted.store", "-o", folder / "x", *options).stderr
    best = fastlr.load(folder / "x")
    p = best.predict_proba(X)
    right = np.average(p.argmax(axis=1) == y - 1, weights=s)
    loss = np.average(-np.log(p[np.arange(N), y - 1]), weights=s)
    assert f"validation on {np.count_nonzero(s)} rows: accuracy {right:.2%}, log-loss {loss:.4f}" in said


def test_weights_that_say_nothing(folder):
    X, y = draw(20)
    fastlr.write_store(folder / "zero.store", X, y, np.zeros(20))
    for data, options in (
        ("zero.store", []), ("zero.store", ["--C", "1"]), ("train.store", ["--valid", folder / "zero.store"]),
    ):  # fmt: skip
        said = refused("train", folder / data, "-o", folder / "zero", "-q", *PASSES, *options)
        assert "must have a finite sum above 0" in said
    assert "a finite sum above 0" in refused("evaluate", folder / "model.fastlr", folder / "zero.store", "-q")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_weights_whose_sum_is_too_large(folder):
    fastlr.write_store(folder / "huge.store", *draw(20), np.full(20, 1e308))
    for data, options in (("huge.store", []), ("train.store", ["--valid", folder / "huge.store"])):
        said = refused("train", folder / data, "-o", folder / "huge", "-q", *PASSES, *options)
        assert "must have a finite sum above 0" in said


def test_predict_and_evaluate(folder):
    model, (X, y) = fastlr.load(folder / "model.fastlr"), draw(60, seed=1)
    said = run("predict", folder / "model.fastlr", folder / "test.svm", "--proba", "-q").stdout.splitlines()
    assert said[0] == "1\t2\t3"
    found = [[float(p) for p in line.split("\t")] for line in said[1:]]
    np.testing.assert_allclose(found, model.predict_proba(X), rtol=1e-4, atol=1e-5)
    said = json.loads(run("evaluate", folder / "model.fastlr", folder / "test.svm", "--json", "-q").stdout)
    assert said["n"] == 60
    assert said["accuracy"] == model.score(X, y)
    fastlr.write_store(folder / "floats.store", X, y.astype(float))  # 1.0 is 1
    again = json.loads(run("evaluate", folder / "model.fastlr", folder / "floats.store", "--json", "-q").stdout)
    assert again["confusion"] == said["confusion"]
    assert "rows" in run("evaluate", folder / "model.fastlr", folder / "test.svm", "-q").stdout.split()


def test_predict_from_a_pipe(folder):
    """A label must stand there, as in LIBSVM, but says nothing; a row may be empty."""
    said = run("predict", folder / "model.fastlr", "-", "--format", "svmlight", input="0 1:1 2:1 3:1\n0.5\n0 7:1 # x\n")
    assert len(said.stdout.splitlines()) == 3
    assert said.stdout.splitlines()[::2] == ["1", "3"]


def test_fewer_and_more_features(folder):
    model = folder / "model.fastlr"
    (folder / "few.svm").write_text("1 1:1 2:1\n")
    assert "ignored" not in run("predict", model, folder / "few.svm").stderr
    (folder / "many.svm").write_text("1 1:1 2:1 31:5 99999:7\n1 30:1\n")
    said = run("predict", model, folder / "many.svm", "--proba")
    assert said.stderr.splitlines()[-2].endswith("ignored 2 values of features that the model, with 30, lacks")
    few = run("predict", model, folder / "few.svm", "--proba").stdout.splitlines()
    assert said.stdout.splitlines()[1] == few[1]


def test_inspect(folder):
    said = run("inspect", folder / "model.fastlr", "--top", "3").stdout
    tables = [block.splitlines() for block in said.strip().split("\n\n")]
    for k, line in enumerate(tables[1][1:]):
        name, features = line.split(None, 1)
        assert name == str(k + 1)
        assert {int(j) for j in features.split(", ")} == {3 * k + 1, 3 * k + 2, 3 * k + 3}
    assert "--word does not apply to a model of numeric features" in refused(
        "inspect", folder / "model.fastlr", "--word", "x"
    )
    exact = fastlr.LogisticRegression().fit(*draw())
    fastlr.save(exact, folder / "exact.fastlr")
    assert "LogisticRegression" in run("inspect", folder / "exact.fastlr").stdout
    assert run("predict", folder / "exact.fastlr", folder / "test.svm", "-q").stdout.split() == [
        str(label) for label in exact.predict(draw(60, seed=1)[0])
    ]


@pytest.mark.parametrize("target", ["again.svm", "again.store", "again.parquet"])
@pytest.mark.parametrize("source", ["train.svm", "train.store", "source.parquet"])
def test_convert_rows(folder, source, target):
    if "parquet" in source + target:
        pytest.importorskip("pyarrow")
        run("convert", folder / "train.store", folder / "source.parquet", "-q")
    assert "240 rows" in run("convert", folder / source, folder / target).stderr
    again = folder / "back.svm"
    run("convert", folder / target, again, "-q")
    X, y = fastlr.read_svmlight(again, dtype=np.float32)
    assert abs(X - draw()[0]).max() == 0
    assert y.tolist() == draw()[1].tolist()


def test_convert_what_cannot_be(folder):
    assert "expected documents, but the file seems to hold numeric features" in refused(
        "convert", folder / "train.svm", folder / "x.tsv", "-q"
    )
    X, y = draw()
    fastlr.write_store(folder / "weights.store", X, y, np.ones(N))
    assert "cannot hold the weights" in refused("convert", folder / "weights.store", folder / "x.svm", "-q")
    assert not (folder / "x.svm").exists()
    before = (folder / "train.svm").read_bytes()
    assert "cannot read documents" in refused(
        "convert", folder / "texts.tsv", folder / "x.svm", "-q", "--model", folder / "model.fastlr"
    )
    assert "input and output are the same file" in refused("convert", folder / "train.svm", folder / "train.svm", "-q")
    assert "input and output are the same file" in refused(
        "convert", folder / "train.store", folder / "train.store", "-q"
    )
    assert (folder / "train.svm").read_bytes() == before


def test_a_store_that_cannot_be_written_leaves_nothing(folder, tmp_path):
    source = tmp_path / "bad.svm"
    source.write_bytes((folder / "train.svm").read_bytes() + b"1 2:1 1:1\n")
    assert "1 bad line" in refused("convert", source, tmp_path / "a.store", "-q")
    assert "does not exist" in refused("convert", folder / "train.svm", tmp_path / "none" / "a.store", "-q")
    assert list(tmp_path.iterdir()) == [source]
    (tmp_path / "a.store").mkdir()
    assert "1 bad line" in refused("convert", source, tmp_path / "a.store", "-q")
    assert (tmp_path / "a.store").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ngrams", "2"], "--ngrams does not apply to numeric features"),
        (["--threads", "2"], "--threads does not apply to numeric features"),
        (["--label", "1"], "--label does not apply"),
        (["--text", "1"], "--text does not apply"),
        (["--header"], "--header does not apply"),
        (["--memory", "300"], "raise it by --memory"),
        (["--seed", str(2**32)], "--seed must be less than 4,294,967,296"),
    ],
)
def test_options_that_rows_have_no_use_for(folder, options, said):
    assert said in refused("train", folder / "train.svm", "-o", folder / "x", "-q", *options)
    if options[0] in ("--label", "--text", "--header"):
        stored = refused("train", folder / "train.store", "-o", folder / "x", "-q", *options)
        assert f"{options[0]} does not apply to this format (fastlr store)" in stored
    assert not (folder / "x.fastlr").exists()


def test_options_of_svmlight_alone(folder):
    assert "--zero-based does not apply" in refused(
        "train", folder / "texts.tsv", "-o", folder / "x", "-q", "--zero-based"
    )


def test_models_of_texts_and_of_rows_do_not_mix(folder):
    texts, rows = folder / "texts.fastlr", folder / "model.fastlr"
    for command in ("predict", "evaluate"):
        for data in ("train.svm", "train.store"):
            assert "expected documents, but the file seems to hold numeric features" in refused(
                command, texts, folder / data, "-q"
            )
        assert "expected numeric features, but the file seems to hold documents" in refused(
            command, rows, folder / "texts.tsv", "-q"
        )
    assert "expected documents, but" in refused(
        "convert", folder / "train.svm", folder / "y.svm", "--model", texts, "-q"
    )


BAD_LINES = {
    "NaN": (b"1 1:nan", "value 'nan' of index 1 is not finite"),
    "infinity": (b"1 1:-inf", "is not finite"),
    "too large": (b"1 1:1e39", "is not finite"),
    "negative index": (b"1 -1:3", "index -1 is below 1"),
    "index 0": (b"1 0:3", "index 0 is below 1; pass --zero-based"),
    "huge index": (b"1 99999999999:1", "index '99999999999' is above"),
    "unsorted": (b"1 2:1 1:2", "index 1 follows 2"),
    "duplicate": (b"1 2:1 2:2", "index 2 follows 2"),
    "label": (b"spam 1:1", "label 'spam' is not a number"),
    "half a label": (b"0.5 1:1", "label '0.5' is not a whole number"),
    "label NaN": (b"nan 1:1", "label 'nan' is not a number"),
    "several labels": (b"1,2 1:1", "label '1,2' is not a number"),
    "no value": (b"1 1:", "'1:' is not index:value"),
    "no index": (b"1 :2", "':2' is not index:value"),
    "underscore": (b"1 1:1_000", "'1:1_000' is not index:value"),
    "underscore in an index": (b"1 1_0:1", "'1_0:1' is not index:value"),
    "underscore in a label": (b"1_0 1:1", "label '1_0' is not a number"),
    "a word": (b"1 1:1 word", "'word' is not index:value"),
    "bytes": (b"\xff 1:1", "is not a number"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_lines(folder, line, said):
    """The same model comes out as without the line, if it is to be left out; otherwise none."""
    content = (folder / "train.svm").read_bytes()
    path = folder / "bad.svm"
    path.write_bytes(content[: content.index(b"\n") + 1] + b"# a comment\n" + line + content[content.index(b"\n") :])
    message = refused("train", path, "-o", folder / "bad.fastlr", "-q")
    assert "bad.svm: 1 bad line: line 3 (" in message
    assert said in message
    assert not (folder / "bad.fastlr").exists()
    told = run("train", path, "-o", folder / "bad2.fastlr", "--skip-bad-lines", *PASSES).stderr
    assert "skipped 1 bad line: line 3 (" in told
    train(folder, "train.svm")
    assert (folder / "bad2.fastlr").read_bytes() == (folder / "out.fastlr").read_bytes()
    assert "1 bad line: line 3 (" in refused("evaluate", folder / "model.fastlr", path, "-q")


def test_bad_lines_of_every_block(folder, monkeypatch):
    """Numbers of lines go on from block to block."""
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 50))
    path = folder / "blocks.svm"
    path.write_bytes(b"".join(b"1 1:1\n2 2:1\nx 1:1\n" for _ in range(20)))
    said = run("train", path, "-o", folder / "x", "--skip-bad-lines", *PASSES).stderr
    assert "skipped 20 bad lines: line 3 " in said
    assert "line 6 " in said
    assert "60 rows read (0 empty): 36 trained on, 4 held out, 20 skipped" in said


HOSTILE = {
    "empty": (b"", ": is empty"),
    "comments": (b"# nothing\n# at all\n", "contains no rows"),
    "one class": (b"1 1:1\n1 2:1\n", "at least two classes; found 1: ['1']"),
    "binary": (bytes(range(256)) * 2, "zero bytes"),
    "cut off": (gzip.compress(b"1 1:1\n2 2:1\n" * 2000)[:-30], "truncated"),
    "damaged": (b"\x1f\x8b" + bytes(50), "damaged"),
    "too many features": (b"1 2147483647:1\n2 1:1\n", "raise it by --memory"),
}


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files(folder, content, said):
    path = folder / "hostile.svm"
    path.write_bytes(content)
    assert said in refused("train", path, "-o", folder / "hostile.fastlr", "-q", "--memory", "100M")
    assert not (folder / "hostile.fastlr").exists()


def test_hostile_stores(folder, tmp_path):
    assert "has no files with data" in refused("train", tmp_path, "-o", folder / "x", "-q")
    X, y = draw(40)
    fastlr.write_store(tmp_path / "bare", X)
    assert "the rows have no labels" in refused("train", tmp_path / "bare", "-o", folder / "x", "-q")
    assert len(run("predict", folder / "model.fastlr", tmp_path / "bare", "-q").stdout.split()) == 40
    fastlr.write_store(tmp_path / "one", X, np.ones(40))
    assert "at least two classes" in refused("train", tmp_path / "one", "-o", folder / "x", "-q")
    fastlr.write_store(tmp_path / "damaged", X, y)
    shard = next((tmp_path / "damaged").glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-20])
    assert "damaged" in refused("train", tmp_path / "damaged", "-o", folder / "x", "-q")
    (tmp_path / "damaged" / "store.json").write_text("{}")
    assert "is not the manifest of an intact store" in refused("train", tmp_path / "damaged", "-o", folder / "x", "-q")


BAD_ROWS = {
    "no indices": ({"indices": None}, "indices is null"),
    "no values": ({"values": None}, "values is null"),
    "no label": ({"label": None}, "label is null"),
    "a null index": ({"indices": [0, None]}, "a null among its indices"),
    "a null value": ({"values": [1.0, None]}, "a null among its values"),
    "NaN": ({"values": [1.0, np.nan]}, "a value that is not finite"),
    "negative": ({"indices": [0, -1]}, "a negative index"),
    "too large": ({"indices": [0, 2**31]}, "an index above"),
    "lengths": ({"indices": [0]}, "indices and values have different lengths"),
    "weight": ({"weight": -1.0}, "weight is not finite, or negative"),
}


@pytest.mark.parametrize(("change", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_rows_of_parquet_that_are_none(folder, change, said):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    good = [{"indices": [k, 2], "values": [1.0, 0.1], "label": "ab"[k], "weight": 1.0} for k in [0, 1] * 15]
    schema = pa.schema(
        [("indices", pa.list_(pa.int64())), ("values", pa.list_(pa.float64())), ("label", pa.string()),
         ("weight", pa.float64())]
    )  # fmt: skip
    parquet.write_table(pa.Table.from_pylist(good, schema), folder / "good.parquet")
    rows = [*good[:4], {**good[4], **change}, *good[4:]]
    parquet.write_table(pa.Table.from_pylist(rows, schema), folder / "bad.parquet")
    assert f"1 bad line: line 5 ({said}" in refused("train", folder / "bad.parquet", "-o", folder / "x", "-q")
    run("train", folder / "bad.parquet", "-o", folder / "bad.fastlr", "--skip-bad-lines", *PASSES)
    train(folder, "good.parquet")
    assert (folder / "bad.fastlr").read_bytes() == (folder / "out.fastlr").read_bytes()
    assert run("predict", folder / "bad.fastlr", folder / "good.parquet", "-q").stdout.split()[:2] == ["a", "b"]


def test_parquet_of_other_types(folder):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for indices, label, said in (([0], [1], "must hold lists of numbers"), ([[0]], [["x"]], "strings; found list")):
        table = pa.table({"indices": indices, "values": [[1.0]], "label": label})
        parquet.write_table(table, folder / "types.parquet")
        assert said in refused("train", folder / "types.parquet", "-o", folder / "x", "-q")
    parquet.write_table(pa.table({"indices": [[0]], "values": [[1.0]]}), folder / "types.parquet")
    assert "cannot detect the label column" in refused("train", folder / "types.parquet", "-o", folder / "x", "-q")
    whole = (folder / "types.parquet").read_bytes()
    (folder / "types.parquet").write_bytes(whole[:-10])
    assert "is not an intact Parquet" in refused("train", folder / "types.parquet", "-o", folder / "x", "-q")
    assert "--format does not apply" in refused(
        "train", folder / "train.store", "-o", folder / "x", "-q", "--format", "svmlight"
    )
