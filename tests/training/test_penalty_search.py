"""Training with several strengths of the penalty: which candidates are tried, and which model is kept."""

import threading

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr.data.problem import Problem
from fastlr.data.validation import as_rows
from fastlr.training.config import TrainingConfig
from fastlr.training.penalty_search import search_penalty
from fastlr.training.session import TrainingSession

CODES = np.array([0, 1] * 20, np.int32)


class Source:
    """A source whose model is the probability that it gives to each row's own class."""

    noun = "rows"

    def __init__(self, first, further=(), weights=None):
        self.first, self.further, self.weights = first, further, weights
        self.trained = []

    def collect(self, data):
        return data, self.weights

    def class_names(self):
        return ["a", "b"]

    def max_fraction(self):
        return 0.25

    def prepare(self, held_out, total_weight):
        self.held_out, self.total_weight = CODES[held_out], total_weight

    def collect_validation(self, data):
        self.held_out = data
        return data, None

    def candidates(self):
        return [{"p": p} for p in self.first]

    def train(self, candidate, cancelled):
        if candidate["p"] is None:
            raise KeyboardInterrupt
        if candidate["p"] == "wait":
            assert cancelled.wait(60)
            raise KeyboardInterrupt
        self.trained.append(candidate["p"])
        return candidate["p"]

    def probabilities(self, model):
        for chunk in np.array_split(self.held_out, 3):
            yield np.where(np.arange(2) == chunk[:, None], model, 1.0 - model)

    def further_candidates(self, best):
        return [{"p": p * best} for p in self.further]


def search(source, validation=None, fraction=0.5, n_threads=1, data=CODES):
    random = np.random.default_rng(0)
    return search_penalty(source, data, validation, fraction=fraction, random=random, n_threads=n_threads)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_the_lowest_loss_wins(n_threads):
    best = search(Source([0.4, 0.8, 0.6]), n_threads=n_threads)
    assert best.model == 0.8
    assert best.scores == {"accuracy": 1.0, "log_loss": pytest.approx(-np.log(0.8)), "n": 10}
    assert best.n_rows == 40


def test_of_equal_losses_the_first_wins():
    source = Source([0.5, 0.5], further=[1.0])
    assert search(source).model == 0.5
    assert source.trained == [0.5] * 3


def test_further_candidates_depend_on_the_best_model():
    source = Source([0.2, 0.6], further=[0.5, 1.5])
    assert search(source).model == pytest.approx(0.9)
    assert source.trained == [0.2, 0.6, 0.3, pytest.approx(0.9)]


def test_without_validation_only_the_first_candidate_is_trained():
    source = Source([0.2, 0.6], further=[1.5])
    best = search(source, fraction=0.0)
    assert (best.model, best.scores, source.trained) == (0.2, None, [0.2])
    assert source.total_weight == 40


def test_as_many_rows_are_held_out_as_the_source_allows():
    source = Source([0.5])
    assert search(source).scores["n"] == len(source.held_out) == 10
    assert source.total_weight == 30
    assert search(source, fraction=0.1).scores["n"] == 4


def test_separate_rows_to_validate_on():
    source = Source([0.2, 0.6])
    best = search(source, validation=CODES[:7])
    assert (best.model, best.scores["n"], source.total_weight) == (0.6, 7, 40)


def test_scores_and_training_are_weighted():
    weights = np.where(CODES == 1, 3.0, 0.0)
    weights[0] = 2.0
    source = Source([0.5], weights=weights)
    best = search(source, fraction=0.25)
    assert source.held_out.tolist() == [1] * 5  # rows of weight 0 are absent, and a class keeps its last row
    assert best.scores["n"] == 5
    assert source.total_weight == weights.sum() - 15.0


@pytest.mark.parametrize(
    ("data", "weights", "message"),
    [
        (CODES[:0], None, "There are no rows to train on"),
        (CODES, np.zeros(40), "weights of the rows to train on must have a finite sum above 0"),
        (CODES, np.full(40, 1e308), "weights of the rows to train on must have a finite sum above 0"),
    ],
)
def test_rows_that_train_nothing(data, weights, message):
    with pytest.raises(ValueError, match=message):
        search(Source([0.5], weights=weights), data=data)


def test_nothing_to_validate_on():
    with pytest.raises(ValueError, match="There are no rows to validate on"):
        search(Source([0.5]), validation=CODES[:0])


def test_an_interrupt_cancels_the_other_trainings():
    with pytest.raises(KeyboardInterrupt):
        search(Source([None, "wait"]), n_threads=2)


def test_a_cancelled_session_ends():
    rows = as_rows(sp.csr_array([[0.0], [1.0]]), np.float64)
    problem = Problem.make(rows, np.array([0, 1], np.int32), None, n_classes=2)
    session = TrainingSession(TrainingConfig(max_iter=10**6), problem, "numpy", seed=0)
    session.monitor.cancelled = threading.Event()
    session.monitor.cancelled.set()
    with pytest.raises(KeyboardInterrupt):
        session.monitor.between_steps()
    session.start()
    assert session.run().interrupted
