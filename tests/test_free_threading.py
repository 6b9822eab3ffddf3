"""Several threads that train at once, also where Python has no global lock."""

import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import LogisticRegression, SGDClassifier

# In a process of its own, where no module of the tests turns the lock on, and where nothing is loaded yet: the first
# fits import, load and compile at once.
COLD_START = """
import sys, threading
import numpy as np, scipy.sparse as sp
import fastlr

lock_is_on = getattr(sys, "_is_gil_enabled", lambda: True)
before = lock_is_on()
X, y = sp.csr_matrix(np.arange(60.0).reshape(20, 3) % 7), np.arange(20) % 2
barrier, found = threading.Barrier(4), []


def fit():
    barrier.wait()
    found.append(fastlr.SGDClassifier(random_state=0, backend=sys.argv[1]).fit(X, y).coef_.tobytes())


threads = [threading.Thread(target=fit) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 4 and len(set(found)) == 1
assert lock_is_on() == before, "a module turned the global lock on"
print("on" if before else "off")
"""


def test_first_fits_at_once_and_the_lock_stays_off(compiled):
    result = subprocess.run([sys.executable, "-c", COLD_START, compiled], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ("off" if sysconfig.get_config_var("Py_GIL_DISABLED") else "on")


@pytest.mark.filterwarnings("ignore:Training stopped")
@pytest.mark.parametrize("n_classes", [2, 4])
def test_fits_side_by_side_are_those_one_after_the_other(compiled, n_classes):
    """Both are in the midst of their training at once, over the same arrays."""
    X, y = random_rows(400), random_labels(400, n_classes)
    first_steps = threading.Barrier(2)

    def fit(penalty, meet):
        started = []

        def rate(step):
            if meet and not started:
                started.append(step)
                first_steps.wait(timeout=60)
            return 0.1

        return SGDClassifier(
            penalty=penalty, alpha=0.001, learning_rate=rate, max_iter=20, random_state=0, backend=compiled
        ).fit(X, y)

    with ThreadPoolExecutor(2) as pool:
        together = [pool.submit(fit, penalty, True) for penalty in ("l1", "l2")]
        together = [future.result() for future in together]
    for model, penalty in zip(together, ("l1", "l2"), strict=True):
        alone = fit(penalty, False)
        np.testing.assert_array_equal(model.coef_, alone.coef_)
        np.testing.assert_array_equal(model.intercept_, alone.intercept_)


def test_one_model_predicts_in_many_threads(compiled):
    X, y = random_rows(400), random_labels(400, 3)
    model = LogisticRegression(backend=compiled).fit(X, y)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: model.predict_proba(X), range(32)))
    for probabilities in found:
        np.testing.assert_array_equal(probabilities, found[0])
