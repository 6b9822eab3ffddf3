"""Results do not depend on the vector instructions that NumPy, BLAS and the C library find in the processor.

A process whose NumPy uses none but the least, whose BLAS takes the processor for one of 2008, and whose C library fuses
no operations computes the same bits. With the sums and functions of these three, most models would differ.
"""

import importlib
import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import hashlib, itertools, sys, warnings
import numpy as np
import scipy.sparse as sp
from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier, TextClassifier, duality_gap, set_backend
from fastlr.text import CountVectorizer, TfidfTransformer

set_backend(sys.argv[1])
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)

def show(name, *arrays):
    print(name, hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest())

own = np.linspace(-20.0, 20.0, 40_000).reshape(200, 200)
show("NumPy", np.exp(own), np.log(own + 30.0), own @ own)

EXACT = (
    {"solver": "newton"}, {"solver": "sdca", "C": 5.0}, {"solver": "coordinate", "l1_ratio": 0.5}, {"C": np.inf},
    {"solver": "nesterov", "max_iter": 20, "l1_ratio": 0.5}, {"class_weight": "balanced"},
)
STOCHASTIC = (
    {}, {"early_stopping": True}, {"batch_size": 16}, {"batch_size": "full"}, {"optimizer": "adagrad"},
    {"learning_rate": "invscaling", "eta0": 1.0, "power_t": 0.3}, {"learning_rate": "exponential"},
    {"learning_rate": "optimal", "alpha": 1e-3}, {"learning_rate": "polynomial", "power_t": 1.7},
    {"penalty": "elasticnet", "class_weight": "balanced", "learning_rate": "lipschitz"},
)
for dtype, n_classes in itertools.product((np.float32, np.float64), (2, 5)):
    X = sp.csr_matrix(rng.exponential(size=(1500, 300)) * (rng.random((1500, 300)) < 0.05), dtype=dtype)
    y, s = rng.integers(0, n_classes, 1500), rng.exponential(size=1500)
    case = np.dtype(dtype).name, n_classes
    for settings in EXACT:
        model = LogisticRegression(random_state=0, **settings).fit(X, y, s)
        predictions = model.predict_proba(X), model.predict_log_proba(X.toarray())
        show((*case, settings), model.coef_, model.intercept_, *predictions, duality_gap(model, X, y, s))
    model = LogisticRegressionCV(Cs=3, cv=3, scoring="neg_log_loss", random_state=0).fit(X, y, s)
    show((*case, "CV"), model.coef_, model.scores_, model.C_)
    for settings in STOCHASTIC:
        model = SGDClassifier(random_state=0, max_iter=4, **settings).fit(X, y, s)
        show((*case, settings), model.coef_, model.intercept_, model.predict_proba(X))
texts = [" ".join(f"w{k}" for k in rng.zipf(1.3, size=30)) for _ in range(500)]
model = TextClassifier().fit(texts, [str(len(text) % 3) for text in texts])
show("text", model.predict_proba(texts), list(model.validation_.values()))
tfidf = TfidfTransformer(sublinear_tf=True)
show("tf-idf", tfidf.fit_transform(CountVectorizer().fit_transform(texts)).data, tfidf.idf_)
"""


def features():
    """The vector instructions that this processor has and this NumPy chooses at run time."""
    umath = importlib.import_module(f"numpy.{'_core' if np.__version__ >= '2' else 'core'}._multiarray_umath")
    return [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]


def test_vector_instructions_do_not_matter():
    plain = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(features()),
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable",
    }
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, "auto"],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for env in ({}, plain)
    ]
    numpy, plain_numpy = (lines.pop(0) for lines in outputs)
    assert len(outputs[0]) == 70
    assert outputs[0] == outputs[1]
    if numpy == plain_numpy:
        pytest.skip("NumPy and BLAS compute the same bits in both processes, so they would not have shown a difference")
