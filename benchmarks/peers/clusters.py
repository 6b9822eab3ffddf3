"""Libraries that train on a cluster, and fastlr, each in a process of its own: from SVMlight files to weights.

    python -m peers.clusters SETTING FOLDER C N_FEATURES

FOLDER has the files ``part-*.svm``. The weights go to ``SETTING.npy`` there. A line is printed when a phase ends:
"start" (imports, and the processes of the cluster), "load" (from the files to rows in memory or in a store) and "fit".
All have two cores, and minimise ``C * sum(loss) + ||w||^2 / 2`` without an intercept.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

N_WORKERS = 2


def ended(phase):
    print(f"ended {phase}", flush=True)


def paths_of(folder):
    return sorted(map(str, folder.glob("part-*.svm")))


def local_cluster():
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=N_WORKERS, threads_per_worker=1, dashboard_address=":0", memory_limit=0, silence_logs=50
    )
    return cluster, Client(cluster)


def svmlight(folder, n_features, sparse=True):
    """Return delayed rows and labels of the files."""
    from dask import delayed
    from sklearn.datasets import load_svmlight_file

    @delayed(nout=2)
    def read(path):
        X, y = load_svmlight_file(path, n_features=n_features)
        return X if sparse else X.toarray(), y

    return [list(parts) for parts in zip(*map(read, paths_of(folder)), strict=True)]


def fastlr_store(folder, C, n_features, **parameters):
    from fastlr import LogisticRegression, open_store

    ended("start")
    store = folder / "rows.store"
    subprocess.run([sys.executable, "-m", "fastlr", "convert", "-q", *paths_of(folder), store], check=True)
    rows = open_store(store)
    ended("load")
    model = LogisticRegression(C=C, fit_intercept=False, **parameters).fit(rows)
    ended("fit")
    return model.coef_


def fastlr_dask(folder, C, n_features, **parameters):
    import dask
    from distributed import wait

    from fastlr.dask import LogisticRegression

    cluster, client = local_cluster()
    ended("start")
    with cluster, client:
        X, y = map(list, dask.persist(*svmlight(folder, n_features)))
        wait([X, y])
        ended("load")
        model = LogisticRegression(C=C, fit_intercept=False, **parameters).fit(X, y)
        ended("fit")
        return model.coef_


def spark(folder, C, n_features, **parameters):
    from pyspark.ml.classification import LogisticRegression
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(f"local[{N_WORKERS}]")
        .config("spark.driver.memory", "8g")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    ended("start")
    rows = session.read.format("libsvm").option("numFeatures", str(n_features)).load(str(folder / "part-*.svm"))
    rows = rows.cache()
    n = rows.count()
    ended("load")
    # Spark's objective is the mean loss and regParam / 2 * ||w||^2.
    model = LogisticRegression(regParam=1.0 / (C * n), standardization=False, fitIntercept=False, **parameters)
    fitted = model.fit(rows)
    ended("fit")
    return fitted.coefficients.toArray()


def dask_ml(folder, C, n_features, sparse, **parameters):
    import dask
    import dask.array as da
    import scipy.sparse as sp
    from dask import delayed
    from dask_ml.linear_model import LogisticRegression
    from distributed import wait

    cluster, client = local_cluster()
    ended("start")
    with cluster, client:
        blocks, labels = svmlight(folder, n_features, sparse)
        blocks, labels = dask.persist(blocks, labels)
        sizes = dask.compute([delayed(len)(y) for y in labels])[0]
        meta = sp.csr_matrix((0, n_features)) if sparse else np.empty((0, n_features))
        X = da.concatenate([da.from_delayed(X, (n, n_features), meta=meta) for X, n in zip(blocks, sizes, strict=True)])
        y = da.concatenate([da.from_delayed(y, (n,), dtype=float) for y, n in zip(labels, sizes, strict=True)])
        wait([blocks, labels])
        ended("load")
        model = LogisticRegression(C=C, fit_intercept=False, **parameters).fit(X, y)
        ended("fit")
        return model.coef_


# The names of the settings that benchmarks/experiments/cluster_peers.py runs.
SETTINGS = {
    "fastlr, a store, one thread": (fastlr_store, {"tol": 1e-4}),
    "fastlr, a store, two threads": (fastlr_store, {"tol": 1e-4, "n_jobs": 2}),
    "fastlr, Dask, two processes": (fastlr_dask, {"tol": 1e-4}),
    "Spark": (spark, {}),
    "Spark, tol=1e-9": (spark, {"tol": 1e-9, "maxIter": 1000}),
    "dask-ml, sparse blocks, lbfgs": (dask_ml, {"solver": "lbfgs", "sparse": True}),
    "dask-ml, dense blocks, lbfgs": (dask_ml, {"solver": "lbfgs", "sparse": False}),
    "dask-ml, dense blocks, admm": (dask_ml, {"solver": "admm", "sparse": False}),
}


def main():
    setting, folder, C, n_features = sys.argv[1:]
    function, parameters = SETTINGS[setting]
    weights = np.ravel(function(Path(folder), float(C), int(n_features), **parameters))
    # The files do not tell of columns beyond the last one that occurs.
    np.save(Path(folder) / f"{setting}.npy", np.pad(weights, (0, int(n_features) - len(weights))))


if __name__ == "__main__":
    main()
