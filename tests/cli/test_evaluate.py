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
