"""The table of optimizers: every entry is complete, and creates an optimizer that trains."""

import subprocess
import sys
from typing import get_type_hints

import numpy as np
import pytest
from helpers import make_problem, random_labels, random_rows

from fastlr import kernels
from fastlr.solvers.stochastic.registry import OPTIMIZERS, find_optimizer
from fastlr.solvers.stochastic.spec import OptimizerSpec, config_from_fields, create_optimizer
from fastlr.training.config import TrainingConfig
from fastlr.training.session import TrainingSession


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_trains(backend, name):
    spec = find_optimizer(name)
    assert spec.name == name
    assert set(vars(spec)) == set(get_type_hints(OptimizerSpec))
    assert spec.follows_schedule or spec.default_rate is not None  # without a schedule it needs a rate
    problem = make_problem(random_rows(), random_labels(60, 3))
    session = TrainingSession(TrainingConfig(optimizer=name, max_iter=2), problem, backend, seed=0)
    session.start()
    result = session.run()
    assert result.n_iter == 2
    assert result.weights.shape == (40, 3)
    assert result.weights.any()
    assert np.isfinite(session.monitor.history.rows[1]["training_loss"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_configuration_in_a_file(backend, name):
    problem = make_problem(random_rows(), random_labels(60, 3))
    config = TrainingConfig(optimizer=name, penalty="l1").optimizer_config(problem, backend)
    assert config_from_fields(config.fields(), (40, 3)) == config
    assert "loss" not in config.fields()  # files are as they were when there was one loss
    assert config_from_fields({**config.fields(), "loss": "log_loss"}, (40, 3)) == config
    assert type(config)(*config[:8]) == config  # a pickle of an earlier version
    assert config._replace(loss="other").fields() == {**config.fields(), "loss": "other"}
    with pytest.raises(ValueError, match="unknown loss, 'other'"):
        config_from_fields({**config.fields(), "loss": "other"}, (40, 3))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_loss_selects_the_kernels(compiled, name):
    problem = make_problem(random_rows(), random_labels(60, 3))
    config = TrainingConfig(loss="other", optimizer=name).optimizer_config(problem, compiled)
    with pytest.raises(ImportError, match="other"):
        create_optimizer(config)
    optimizer = create_optimizer(config._replace(loss="log_loss"))
    assert optimizer.kernels is kernels.load(compiled)
    del optimizer.loss_name  # as in a pickle of an earlier version
    assert optimizer.kernels is kernels.load(compiled)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if not find_optimizer(name).starts_from_weights])
def test_weights_that_are_not_enough_to_start_from(backend, name):
    problem = make_problem(random_rows(), random_labels(60, 3))
    config = TrainingConfig(optimizer=name).optimizer_config(problem, backend)
    with pytest.raises(ValueError, match="cannot start from weights"):
        create_optimizer(config, np.zeros((40, 3)), np.zeros(3))


def test_the_names_import_no_numpy():
    code = "import sys, fastlr.solvers.stochastic.registry; print('numpy' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "False\n"
