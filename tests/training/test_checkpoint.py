"""Checkpoints: training killed at any moment goes on to the same weights, bit for bit."""

import contextlib
import copy
import functools
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import assert_same_bits, random_labels, random_rows, short_slices
from training.kill_worker import SETTINGS

import fastlr
from fastlr import SGDClassifier
from fastlr.persistence import tensor_file
from fastlr.training import checkpoint as checkpoint_module
from fastlr.training import run
from fastlr.training.checkpoint import Checkpoint, checksum
from fastlr.utils import time_slices as pace_module

pytestmark = [pytest.mark.usefixtures("no_waiting_for_the_disk"), pytest.mark.filterwarnings("ignore:Training stopped")]

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(Path(fastlr.__file__).parents[1]), str(Path(__file__).parents[1])]),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


WEIGHTS = "states.steps.weights"


class Killed(BaseException):
    """What a process does not survive."""


@pytest.fixture
def kill_at(monkeypatch):
    """Make a training write, and end, where it looks at the clock for the k-th time; return how often the last did."""

    state = {"k": math.inf, "n": 0}
    original = Checkpoint.tick

    def tick(self):
        state["n"] += 1
        if state["n"] == state["k"]:
            self.every = 0.0
            original(self)
            raise Killed

    monkeypatch.setattr(pace_module.TimeSlices, "slices", short_slices)
    monkeypatch.setattr(Checkpoint, "tick", tick)

    def arm(k):
        before = state["n"]
        state.update(k=k, n=0)
        return before

    return arm


@pytest.mark.parametrize(
    "parameters",
    [
        {"penalty": "l2"},
        {"penalty": "l1", "alpha": 0.01, "dtype": "float32"},
        {"penalty": "elasticnet", "tol": 1e-3, "n_iter_no_change": 2, "max_iter": 30, "batch_size": 3},
        {"penalty": "l1", "batch_size": 7, "class_weight": "balanced", "random_state": None},
        {"penalty": None, "shuffle": False, "learning_rate": "invscaling", "batch_size": 1000},
        {"penalty": "elasticnet", "batch_size": "full", "max_iter": 9},
        {"penalty": "l2", "batch_size": "full", "max_iter": 300, "alpha": 0.1, "tol": 0.01},
        {"penalty": "l1", "alpha": 0.01, "early_stopping": True, "n_iter_no_change": 2, "max_iter": 12},
        {"early_stopping": True, "batch_size": "full", "max_iter": 9, "dtype": "float32", "history": "full"},
        {"penalty": "l2", "alpha": 30.0, "learning_rate": "constant", "eta0": 0.1, "dtype": "float32"},
        {"penalty": "l1", "alpha": 0.01, "average": True, "learning_rate": "invscaling"},
        {"penalty": "l2", "alpha": 30.0, "average": 70, "batch_size": 3, "dtype": "float32", "history": "full"},
        {"optimizer": "adagrad", "penalty": "l1", "batch_size": 3, "alpha": 0.01, "dtype": "float32"},
        {"optimizer": "ftrl", "penalty": "elasticnet", "tol": 1e-3, "n_iter_no_change": 2, "max_iter": 12},
        {"n_jobs": 2, "penalty": "elasticnet", "alpha": 0.01, "dtype": "float32"},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_training_goes_on_from_wherever_it_was(backend, tmp_path, kill_at, eager_threads, parameters, n_classes):
    if "n_jobs" in parameters and backend == "numpy":
        pytest.skip("it trains in one thread")
    X, y = random_rows(40), random_labels(40, n_classes)
    s = np.random.default_rng(0).integers(0, 3, 40).astype(float)
    model = SGDClassifier(**{"max_iter": 3, "random_state": 1, "backend": backend, **parameters})
    path = tmp_path / "checkpoint"
    fit = functools.partial(SGDClassifier.fit, X=X, y=y, sample_weight=s, checkpoint=path)
    kill_at(math.inf)
    whole = fit(copy.deepcopy(model))
    n_ticks = kill_at(math.inf)
    assert n_ticks >= 3
    for k in {1, 2, n_ticks // 2, n_ticks - 1, n_ticks}:
        kill_at(k)
        with pytest.raises(Killed):
            fit(copy.deepcopy(model))
        if model.random_state is None:  # the seed is in the file alone
            content = path.read_bytes()
            kill_at(math.inf)
            whole = fit(copy.deepcopy(model), resume=True)
            path.write_bytes(content)
        kill_at(1)  # and once more, unless only the end is left
        with contextlib.suppress(Killed):
            fit(copy.deepcopy(model), resume=True)
        kill_at(math.inf)
        again = fit(copy.deepcopy(model), resume=True)
        assert_same_bits(again, whole)
    if model.class_weight is None and model.random_state is not None and not model.early_stopping:
        assert_same_bits(again.partial_fit(X, y), whole.partial_fit(X, y))


def test_checkpoints_change_nothing(backend, tmp_path):
    X, y = random_rows(), random_labels(60, 3)
    model = SGDClassifier(penalty="l1", max_iter=3, random_state=0, backend=backend)
    plain = copy.deepcopy(model).fit(X, y)
    assert_same_bits(model.fit(X, y, checkpoint=tmp_path / "a", checkpoint_every=0), plain)
    assert_same_bits(model.fit(X, y, checkpoint=str(tmp_path / "b"), resume=True), plain)  # no file: it begins
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_training_that_is_done_is_not_made_again(backend, tmp_path, monkeypatch):
    X, y = random_rows(), random_labels(60, 2)
    path = tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=4, tol=0.0, random_state=0, backend=backend)
    whole = copy.deepcopy(model).fit(X, y, checkpoint=path)
    monkeypatch.setattr(run, "run_epochs", None)
    with pytest.warns(UserWarning, match="max_iter=4 before reaching"):
        again = copy.deepcopy(model).fit(X, y, checkpoint=path, resume=True)
    assert_same_bits(again, whole)


def test_validation_is_part_of_a_training(backend, tmp_path):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    parameters = {"early_stopping": True, "max_iter": 4, "n_iter_no_change": 2, "backend": backend}
    for random_state in (None, np.random.RandomState(0)):
        with pytest.raises(ValueError, match="must hold out the same rows in every process"):
            SGDClassifier(random_state=random_state, **parameters).fit(X, y, checkpoint=path)
        assert not path.exists()
    model = SGDClassifier(random_state=0, **parameters).fit(X, y, eval_set=(X[:20], y[:20]), checkpoint=path)
    again = SGDClassifier(random_state=0, **parameters)
    assert_same_bits(again.fit(X, y, eval_set=(X[:20], y[:20]), checkpoint=path, resume=True), model)
    with pytest.raises(ValueError, match="the checksum of the rows for validation_loss was"):
        again.fit(X, y, eval_set=(X[:21], y[:21]), checkpoint=path, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state, tensors: state[0].__setitem__(0, "least"), "state of early stopping is malformed"),
        (lambda state, tensors: state[1].__setitem__(1, -1), "values of other types"),
        (
            lambda state, tensors: tensors.update({"states.watch.stopping.best_weights.0": np.zeros((41, 1))}),
            "best weights are not those of this training",
        ),
    ],
)
def test_hostile_states_of_early_stopping(tmp_path, change, message):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=2, random_state=0, early_stopping=True).fit(X, y, checkpoint=path)
    header, tensors = tensor_file.read(path)
    change(state(header, "watch")[3][1]["dict"], tensors)
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, checkpoint=path, resume=True)


def test_warm_starts(backend, tmp_path, kill_at):
    X, y = random_rows(), random_labels(60, 2)
    path = tmp_path / "checkpoint"
    model = SGDClassifier(warm_start=True, max_iter=2, random_state=0, backend=backend).fit(X, y)
    whole = copy.deepcopy(model).fit(X, y)
    kill_at(3)
    with pytest.raises(Killed):
        copy.deepcopy(model).fit(X, y, checkpoint=path, checkpoint_every=0)
    assert_same_bits(copy.deepcopy(model).fit(X, y, checkpoint=path, resume=True), whole)
    with pytest.raises(ValueError, match="the checksum of the weights to start from was"):
        copy.deepcopy(whole).fit(X, y, checkpoint=path, resume=True)


def flip(y):
    y = y.copy()
    y[[0, 1]] = y[[1, 0]]
    return y


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0.2}, "alpha was 0.1 and is 0.2"),
        ({"penalty": None}, "penalty was 'l2' and is None"),
        ({"max_iter": 3}, "max_iter was 2 and is 3"),
        ({"random_state": 1, "eta0": 0.1}, "eta0 was 'auto' and is 0.1; random_state was 0 and is 1"),
        ({"class_weight": {0: 3.0}}, "class_weight was {0: 2.0} and is {0: 3.0}"),
        ({"batch_size": 2}, "batch_size was 1 and is 2"),
        ({"backend": "other"}, "the backend was '?\\w+'? and is"),
        ({"dtype": "float32"}, "the type of X was float64 and is float32"),
        ({"X": lambda X: X[:, ::-1]}, "the checksum of X was"),
        ({"X": lambda X: -X}, "the checksum of X was"),
        ({"X": lambda X: X[:, :39]}, "the shape of X was \\(60, 40\\) and is \\(60, 39\\)"),
        ({"y": flip}, "the checksum of y was"),
        ({"y": lambda y: y + 1, "class_weight": {1: 2.0}}, "the classes was \\[0, 1\\] and is \\[1, 2\\]"),
        ({"sample_weight": np.arange(60.0)}, "the checksum of the rows' weights was"),
        ({"version": "9.9"}, "the version of fastlr was"),
    ],
)
def test_another_training_is_refused(any_backend, tmp_path, monkeypatch, change, message):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(alpha=0.1, max_iter=2, random_state=0, class_weight={0: 2.0}, backend=any_backend)
    model.fit(X, y, checkpoint=path)
    content, change = path.read_bytes(), dict(change)
    X, y = change.pop("X", lambda X: X)(X), change.pop("y", lambda y: y)(y)
    s = change.pop("sample_weight", None)
    if "version" in change:
        monkeypatch.setattr(fastlr, "__version__", change.pop("version"))
    if "backend" in change:
        change["backend"] = "numpy" if any_backend != "numpy" else "auto"
    other = SGDClassifier(**{**model.get_params(), **change})
    with pytest.raises(ValueError, match=f"because this one differs: .*{message}"):
        other.fit(X, y, s, checkpoint=path, resume=True)
    assert not hasattr(other, "classes_")
    assert path.read_bytes() == content
    other.fit(X, y, s, checkpoint=path)  # begins again
    other.fit(X, y, s, checkpoint=path, resume=True)


def test_what_may_differ(backend, tmp_path):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=np.int64(2), random_state=np.random.RandomState(0), class_weight={0: 1.0, 1: 2.0})
    with fastlr.use_backend(backend):
        model.fit(X, y, checkpoint=path)
        other = SGDClassifier(
            max_iter=2, random_state=np.random.RandomState(0), class_weight={1: 2.0, 0: np.float64(1)}
        )
        other.set_params(backend=backend, verbose=1).fit(X, y.astype(np.int8), checkpoint=path, resume=True)
    np.testing.assert_array_equal(other.coef_, model.coef_)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"checkpoint": 3}, TypeError, "checkpoint must be a path or None; got 3"),
        ({"checkpoint": "x", "checkpoint_every": -1}, ValueError, "checkpoint_every must be a number of seconds"),
        ({"checkpoint": "x", "checkpoint_every": math.nan}, ValueError, "checkpoint_every must be a number of seconds"),
        ({"checkpoint": "x", "checkpoint_every": "epoch"}, ValueError, "checkpoint_every must be a number of seconds"),
        ({"checkpoint": "x", "checkpoint_every": True}, ValueError, "checkpoint_every must be a number of seconds"),
        ({"checkpoint": "x", "resume": "yes"}, TypeError, "resume must be True or False; got 'yes'"),
        ({"resume": True}, ValueError, "pass checkpoint=PATH"),
        ({"checkpoint": "no/such/folder/x"}, FileNotFoundError, "no/such/folder"),
    ],
)
def test_bad_arguments(tmp_path, monkeypatch, arguments, error, message):
    monkeypatch.chdir(tmp_path)
    model = SGDClassifier()
    with pytest.raises(error, match=message):
        model.fit([[0.0], [1.0]], [0, 1], **arguments)
    assert not hasattr(model, "classes_")
    assert os.listdir(tmp_path) == []


def test_writes_when_it_is_time(tmp_path, monkeypatch):
    """After so many seconds from the end of the last write, and at the beginning and the end."""
    clock = [100.0]
    monkeypatch.setattr(checkpoint_module.time, "monotonic", lambda: clock[0])
    writes = []

    def write(*arguments):
        writes.append(clock[0])
        clock[0] += 3.0  # a slow disk

    monkeypatch.setattr(tensor_file, "write", write)
    saver = Checkpoint(tmp_path / "x", 10.0, {}, {}, None)
    saver.start()
    for now in (104.0, 112.0, 113.0, 125.0, 126.0, 200.0):
        clock[0] = now
        saver.tick()
    saver.finish(1, True)
    assert writes == [100.0, 113.0, 126.0, 200.0, 203.0]


def test_a_full_disk_ends_training_and_leaves_the_last_checkpoint(backend, tmp_path, monkeypatch):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=6, random_state=0, backend=backend)
    whole = copy.deepcopy(model).fit(X, y)
    calls, replace = [], os.replace

    def fail_later(*arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise OSError("No space left on device")
        replace(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_later)
        with pytest.raises(OSError, match="No space left"):
            model.fit(X, y, checkpoint=path, checkpoint_every=0)
    assert not hasattr(model, "classes_")
    assert os.listdir(tmp_path) == ["checkpoint"]
    assert_same_bits(model.fit(X, y, checkpoint=path, resume=True), whole)


def test_leftovers_of_killed_processes_are_removed(tmp_path):
    names = ["c.0123456789abcdef.tmp", "c.tmp", "other.0123456789abcdef.tmp", "c.0123456789abcdef"]
    for name in names:
        (tmp_path / name).touch()
    SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1], checkpoint=tmp_path / "c")
    assert sorted(os.listdir(tmp_path)) == sorted(["c", *names[1:]])


def test_files_that_are_no_checkpoints(any_backend, tmp_path):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=2, random_state=0, backend=any_backend)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is not an intact fastlr file"):
        model.fit(X, y, checkpoint=path, resume=True)
    model.fit(X, y, checkpoint=path)
    with pytest.raises(ValueError, match="its kind is 'checkpoint', not 'model'"):
        fastlr.load(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is not an intact fastlr file"):
        copy.deepcopy(model).fit(X, y, checkpoint=path, resume=True)
    fastlr.save(model, path)
    with pytest.raises(ValueError, match=r"is not a checkpoint that fastlr .* can resume from: its kind is 'model'"):
        model.fit(X, y, checkpoint=path, resume=True)


def state(header, name):
    """The pairs of a state in the header of a checkpoint."""
    return next(pair for pair in header["states"]["dict"] if pair[0] == name)[1]["dict"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, tensors: header.update(format=2), "format 2"),
        (lambda header, tensors: header.update(identity=None), "it does not identify its training"),
        (lambda header, tensors: header.update(identity={}), "alpha was missing and is"),
        (lambda header, tensors: header.update(seed="0"), "its seed or its result is malformed"),
        (lambda header, tensors: header.update(finished={"tuple": [-1, True]}), "its seed or its result is malformed"),
        (lambda header, tensors: header.update(states={"dict": []}), "it must hold the states of steps, watch"),
        (lambda header, tensors: header.update(states=7), "it must hold the states of steps, watch"),
        (lambda header, tensors: header["states"]["dict"].pop(), "it must hold the states of steps, watch"),
        (lambda header, tensors: state(header, "watch").pop(), "The state of the monitor is"),
        (lambda header, tensors: state(header, "watch")[0].__setitem__(1, 0.5), "history of the training is malformed"),
        (lambda header, tensors: state(header, "watch")[1].__setitem__(1, 0.5), "values of other types"),
        (lambda header, tensors: state(header, "watch")[3].__setitem__(1, 0.5), "another stopping rule"),
        (lambda header, tensors: tensors.update(x=np.zeros(1)), "watch, and nothing else"),
        (lambda header, tensors: tensors.update({WEIGHTS: np.zeros((41, 1))}), "weights must be float64 of shape"),
        (lambda header, tensors: tensors.update({WEIGHTS: np.full((40, 1), np.nan)}), "weights holds NaN"),
    ],
)
def test_hostile_checkpoints(any_backend, tmp_path, change, message):
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=2, random_state=0, backend=any_backend)
    model.fit(X, y, checkpoint=path)
    header, tensors = tensor_file.read(path)
    change(header, tensors)
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match=message):
        SGDClassifier(**model.get_params()).fit(X, y, checkpoint=path, resume=True)


def test_steps_that_are_not_those_of_the_epochs(backend, tmp_path):
    """The place in an epoch follows from the two; a wrong one would be read from outside of the rows."""
    X, y, path = random_rows(), random_labels(60, 2), tmp_path / "checkpoint"
    model = SGDClassifier(max_iter=9, random_state=0, backend=backend)
    model.fit(X, y, checkpoint=path)
    header, tensors = tensor_file.read(path)
    header["finished"] = None
    for n_epochs in (7, 0):
        changed = json.loads(json.dumps(header))
        del state(changed, "watch")[0][1]["list"][n_epochs:]
        tensor_file.write(path, changed, tensors)
        with pytest.raises(ValueError, match="540 steps, at 60 per epoch, do not match"):
            model.fit(X, y, checkpoint=path, resume=True)


def test_checksums_tell_small_differences():
    x = np.arange(1000.0)
    different = [x, x[::-1], -x, x.astype(np.float32), x.reshape(10, 100), x[:999], np.roll(x, 1), x.view(np.int64)]
    assert len({checksum(array) for array in different}) == len(different)
    assert checksum(x) == checksum(x.copy())
    assert checksum(x, x) != checksum(x)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, to start processes quickly")
def test_killed_twenty_times_at_random_moments(backend, tmp_path):
    command = [sys.executable, str(Path(__file__).parent / "kill_worker.py"), backend, str(tmp_path)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    rng = np.random.default_rng()  # at other moments in each run of the tests
    try:
        assert worker.stdout.readline() == "ready\n"

        def train(setting, seconds):
            """Train for so long; return whether the process was killed."""
            worker.stdin.write(f"{setting}\n")
            worker.stdin.flush()
            pid = int(worker.stdout.readline())
            if seconds is not None:
                time.sleep(seconds)
                with contextlib.suppress(ProcessLookupError):  # it has ended
                    os.kill(pid, signal.SIGKILL)
            status = int(worker.stdout.readline())
            assert status in (0, -signal.SIGKILL)
            assert seconds is not None or status == 0
            return status != 0

        def check(setting):
            expected = np.load(tmp_path / f"{setting}.npz")
            model = fastlr.load(tmp_path / f"{setting}.model")
            np.testing.assert_array_equal(model.coef_, expected["coef"])
            np.testing.assert_array_equal(model.intercept_, expected["intercept"])
            assert model.n_iter_ == expected["n_iter"]
            (tmp_path / f"{setting}.model").unlink()
            (tmp_path / f"{setting}.checkpoint").unlink()

        n_killed, longest = 0, dict.fromkeys(SETTINGS, 0.1)
        while n_killed < 20:
            for setting in SETTINGS:
                if train(setting, rng.uniform(0.0, longest[setting])):
                    n_killed += 1
                else:
                    check(setting)
                    longest[setting] /= 2
        for setting in SETTINGS:
            train(setting, None)
            check(setting)
    finally:
        worker.stdin.close()
        worker.stdout.close()
        worker.wait(30)
