"""`fastlr evaluate` on texts."""

import importlib
import json

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, refused, run, write_tsv

import fastlr
from fastlr.cli import _scoring

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
    assert said["classes"]["x"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 2}
    assert "83 documents read (0 empty): 83 evaluated, 0 skipped\n" in result.stderr
    assert "3 of 83 documents have labels that the model does not know: 'Fruit', 'x' (it knows 'fruit', 'tool');" in (
        result.stderr
    )


def test_too_many_labels_that_the_model_does_not_know(folder, monkeypatch):
    monkeypatch.setattr(evaluate, "MAX_CLASSES", 5)
    write_tsv(folder / "ids.tsv", [("fruit", "plum"), *((f"id{i % 6}", "saw") for i in range(20))])
    said = refused("evaluate", folder / "two.fastlr", folder / "ids.tsv", "--label", "1", "--text", "2", "-q")
    assert "has labels that the model does not know: 'id0', 'id1', 'id2', 'id3', 'id4', ... (it knows 'fruit'" in said
