"""How the golden files were made. To be run again, in a new folder, for a new format only: the old ones stay."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import fastlr

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(0)
    expected = {}

    X, y = rng.poisson(0.5, (30, 12)).astype(float), np.arange(30) % 3
    stream = fastlr.SGDClassifier(penalty="elasticnet", random_state=0, class_weight={"ham": 2.0})
    stream.partial_fit(X, np.array(["eggs", "ham", "spam"])[y], classes=["eggs", "ham", "spam"])

    names = [f"wörd {k}" for k in range(12)]
    sparse = fastlr.SGDClassifier(penalty="l1", alpha=0.05, random_state=0, dtype=np.float32, tol=1e-3)
    sparse.fit(pd.DataFrame(X, columns=names), y).sparsify()

    wide = np.zeros((30, 1100))
    wide[:, :12] = X
    exact = fastlr.LogisticRegression(C=0.5, l1_ratio=1.0).fit(wide, y > 0)

    for name, model in {"stream": stream, "sparse": sparse, "exact": exact}.items():
        fastlr.save(model, HERE / f"{name}.safetensors")
        rows = np.eye(model.n_features_in_)[:5]
        rows = pd.DataFrame(rows, columns=names) if name == "sparse" else rows
        expected[name] = {"classes": model.classes_.tolist(), "probabilities": model.predict_proba(rows).tolist()}
    rows = np.eye(12)[:5]
    stream.partial_fit(rows[:2], stream.classes_[:2])
    expected["stream"] |= {"after": stream.predict_proba(rows).tolist(), "t": stream.t_}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    with fastlr.use_backend("numba"):
        main()
