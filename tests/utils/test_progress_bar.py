"""The progress bar."""

import io
import re
import subprocess
import sys

import pytest
from helpers import random_labels, random_rows

from fastlr import LogisticRegression, SGDClassifier
from fastlr.utils import progress_bar

X, Y = random_rows(), random_labels(60, 3)

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")


def lines_of(text):
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("batch_size", [1, 8, "full"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_log_file_gets_lines(backend, capsys, monkeypatch, batch_size, n_classes):
    monkeypatch.setattr(progress_bar, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(progress_bar, "LOG_SECONDS", 0.0)
    y = random_labels(60, n_classes)
    model = SGDClassifier(max_iter=3, verbose=1, batch_size=batch_size, random_state=0, backend=backend).fit(X, y)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\r" not in captured.err
    lines = lines_of(captured.err)
    assert all(line.startswith("SGDClassifier:") for line in lines)
    assert captured.err.isascii()
    assert "SGDClassifier:   0%" in lines[0]
    assert "SGDClassifier: 100%" in lines[-1]
    assert "180/180" in lines[-1]
    found = re.search(r"epoch=(\d+)/(\d+), loss=([\d.]+), rate=([\d.e-]+)", lines[-1])
    assert found[1] == found[2] == "3"
    assert float(found[3]) == pytest.approx(model.history_["training_loss"][-1], abs=1e-4)
    if batch_size == 1:  # the last step's
        assert float(found[4]) == pytest.approx(model.history_["learning_rate"][0] / 180, rel=1e-2)


def test_a_terminal_gets_one_live_line(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress_bar, "LIVE_SECONDS", 0.0)
    SGDClassifier(max_iter=3, verbose=1, random_state=0).fit(X, Y)
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert text.count("\r") > 3
    assert "100%" in text


def test_a_notebook_gets_a_widget():
    code = """
import sys, types
import IPython
sys.modules["ipykernel.zmqshell"] = types.ModuleType("zmqshell")  # by this tqdm knows a notebook, or by the other
IPython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
import fastlr.utils.progress_bar
bar = fastlr.utils.progress_bar.make_bar("fit", 10, " rows")
print(type(bar).__mro__)
"""
    pytest.importorskip("ipywidgets")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tqdm_notebook" in done.stdout


def test_the_end_shown_is_the_soonest_there_may_be(backend, capsys, monkeypatch):
    monkeypatch.setattr(progress_bar, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(progress_bar, "LOG_SECONDS", 0.0)
    model = SGDClassifier(early_stopping=True, n_iter_no_change=2, verbose=1, random_state=0, backend=backend)
    model.fit(X, Y)
    lines = lines_of(capsys.readouterr().err)
    assert "SGDClassifier: 100%" in lines[-1]
    ends = [int(re.search(r"epoch=\d+/(\d+)", line)[1]) for line in lines if "epoch=" in line]
    assert ends[-1] == model.n_iter_
    assert all(end <= model.n_iter_ + 2 for end in ends)
    assert f"validation={model.history_['validation_loss'][-1]:.4f}" in lines[-1]


def test_the_bar_is_seldom_moved(monkeypatch):
    """However often it is told of rows: moving it is what costs."""
    moves = []
    bar = progress_bar.ProgressBar("fit", 1000, " rows")
    monkeypatch.setattr(bar.bar, "update", moves.append)
    for _ in range(1000):
        bar.add(1)
        if bar.is_due():
            bar.move(loss="1")
    bar.close()
    assert len(moves) < 20
    assert sum(moves) == 1000


def test_the_exact_model_has_the_bar_too(capsys):
    LogisticRegression(verbose=1, solver="newton").fit(X, Y)
    lines = lines_of(capsys.readouterr().err)
    assert all(line.startswith("LogisticRegression:") for line in lines)


def test_without_verbose_nothing_is_shown(capsys):
    SGDClassifier(max_iter=2).fit(X, Y, eval_set=(X, Y))
    assert capsys.readouterr() == ("", "")
