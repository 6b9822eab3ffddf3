"""`fastlr evaluate` on texts."""

import importlib
import json

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, refused, run, write_tsv

import fastlr
from fastlr.cli import _scoring
from fastlr.metrics import Evaluation, Outcome

evaluate = importlib.import_module("fastlr.cli.evaluate")


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
    assert "true class, predicted as" in report


def test_many_classes_are_predicted_a_few_at_a_time(folder, monkeypatch):
    arguments = folder / "model.fastlr", folder / "test.tsv"
    commands = ("evaluate", *arguments, "--json"), ("predict", *arguments, "--proba"), ("predict", *arguments, "--json")
    before = [run(*command).stdout for command in commands]
    monkeypatch.setattr(_scoring, "MAX_PROBABILITIES", 20)
    assert [run(*command).stdout for command in commands] == before
    monkeypatch.setattr(_scoring, "MAX_PROBABILITIES", 1)
    assert [run(*command).stdout for command in commands] == before
    monkeypatch.setattr(evaluate, "MAX_CLASSES", 2)
    assert "has 3 classes, more than the 2 that evaluate supports" in refused("evaluate", *arguments)


def test_evaluate_draws(folder):
    pytest.importorskip("matplotlib")
    run("evaluate", folder / "model.fastlr", folder / "train.tsv", "--plot", folder / "plot.png")
    assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
    said = refused("evaluate", folder / "model.fastlr", folder / "absent.tsv", "-q", "--plot", folder / "plot.xyz")
    assert f"--plot {folder / 'plot.xyz'}: unsupported format; use one of " in said
    assert not list(folder.glob("plot.xyz*"))


def test_labels_that_the_model_does_not_know_are_counted(folder):
    """They count as wrong, because the model cannot predict them; the log-loss leaves them out."""
    rows = list(draw(80, ["fruit", "tool"], seed=6))
    write_tsv(folder / "known.tsv", rows)
    write_tsv(folder / "unknown.tsv", [("Fruit", "plum"), *rows, ("x", "saw"), ("x", "file")])
    model = folder / "two.fastlr"
    known = json.loads(run("evaluate", model, folder / "known.tsv", "--json").stdout)
    result = run("evaluate", model, folder / "unknown.tsv", "--json")
    said = json.loads(result.stdout)
    assert known["unknown"] == {}
    assert said["unknown"] == {"Fruit": 1, "x": 2}
    assert said["n"] == 83
    assert said["accuracy"] == pytest.approx(known["accuracy"] * 80 / 83)
    assert said["log_loss"] == known["log_loss"]
    assert said["classes"]["fruit"]["recall"] == known["classes"]["fruit"]["recall"]
    measures = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 2, "roc_auc": None, "average_precision": None}
    assert said["classes"]["x"] == measures
    for name in ("roc_auc", "average_precision", "brier_score"):
        assert said[name] == known[name]
    assert said["f1_macro"] < known["f1_macro"]
    assert "83 documents read (0 empty): 83 evaluated, 0 skipped\n" in result.stderr
    assert "3 of 83 documents have labels that the model does not know: 'Fruit', 'x' (it knows 'fruit', 'tool');" in (
        result.stderr
    )


def test_measures_of_ranks(folder, monkeypatch):
    """Those of the metrics, in JSON and in the report; "-" where there is none."""
    rows = [*draw(80, WORDS, seed=6), ("fruit", "zinc"), ("metal", "plum")]
    write_tsv(folder / "ranked.tsv", rows)
    arguments = "evaluate", folder / "model.fastlr", folder / "ranked.tsv"
    said, report = json.loads(run(*arguments, "--json").stdout), run(*arguments).stdout
    model = fastlr.load(folder / "model.fastlr")
    p = model.predict_proba([text for _, text in rows])
    y = np.searchsorted(model.classes_, [label for label, _ in rows])
    expected = Evaluation.of(Outcome.of(p, y), model.classes_.tolist(), p).as_dict()
    assert {name: value for name, value in said.items() if name != "unknown"} == expected
    lines = [line.split() for line in report.splitlines()]
    assert ["ROC", "AUC", f"{said['roc_auc']:.4f}"] in lines
    assert ["average", "precision", f"{said['average_precision']:.4f}"] in lines
    assert ["macro", "F1", f"{said['f1_macro']:.2%}"] in lines
    write_tsv(folder / "one.tsv", [("fruit", "plum"), ("fruit", "saw")])
    one = "evaluate", folder / "two.fastlr", folder / "one.tsv", "--label", "1", "--text", "2", "-q"
    assert ["ROC", "AUC", "-"] in [line.split() for line in run(*one).stdout.splitlines()]
    assert json.loads(run(*one, "--json").stdout)["roc_auc"] is None
    monkeypatch.setattr(evaluate, "MAX_KEPT", 3 * len(rows) - 1)
    result = run(*arguments, "--json")
    assert (
        "246 probabilities, more than 245, so there is no ROC AUC, average precision and Brier score" in result.stderr
    )
    left_out = json.loads(result.stdout)
    assert left_out["roc_auc"] is left_out["average_precision"] is left_out["brier_score"] is None
    assert {k: v for k, v in left_out.items() if v == said[k]}.keys() >= {"accuracy", "f1_macro", "log_loss"}


def test_weights_of_known_labels_that_say_nothing(folder):
    (folder / "zero.vw").write_text("fruit 0 | plum\nother 1 | saw\n")
    said = refused("evaluate", folder / "two.fastlr", folder / "zero.vw", "-q")
    assert "the weights must have a finite sum above 0" in said


def test_too_many_labels_that_the_model_does_not_know(folder, monkeypatch):
    monkeypatch.setattr(evaluate, "MAX_CLASSES", 5)
    write_tsv(folder / "ids.tsv", [("fruit", "plum"), *((f"id{i % 6}", "saw") for i in range(20))])
    said = refused("evaluate", folder / "two.fastlr", folder / "ids.tsv", "--label", "1", "--text", "2", "-q")
    assert "has labels that the model does not know: 'id0', 'id1', 'id2', 'id3', 'id4', ... (it knows 'fruit'" in said
