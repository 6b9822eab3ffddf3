"""Damaged and hostile stores are refused, and never read out of bounds."""

import os

import numpy as np
import pytest
from helpers.stores import data, forged

import fastlr
from fastlr import SGDClassifier, open_store, write_store
from fastlr.store import problem as problem_module
from fastlr.store import shard as shard_module

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


def test_damaged_files_are_refused(tmp_path, small_parts):
    """Any byte may be another, and any end be missing: an error that names the file."""
    X, y, s = data(60)
    store = write_store(tmp_path, X, y, s, shard_bytes=4000)
    rng = np.random.default_rng(0)
    for file in sorted(tmp_path.iterdir()):
        content = file.read_bytes()
        for k in range(60):
            damaged = bytearray(content)
            if k % 4 == 0:
                del damaged[rng.integers(len(damaged)) :]
            else:
                for place in rng.integers(0, len(damaged), k % 4):
                    damaged[place] = rng.integers(256)
            file.write_bytes(damaged)
            if bytes(damaged) == content:
                continue
            with pytest.raises(ValueError, match=file.name.replace(".", r"\.")):  # nothing goes unnoticed
                open_store(tmp_path).verify()
            with pytest.raises(ValueError, match=file.name.replace(".", r"\.")):
                SGDClassifier(max_iter=1, backend="cython" if fastlr.get_backend() == "cython" else None).fit(
                    open_store(tmp_path)
                )
        file.write_bytes(content)
    store.verify()


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda store, model: SGDClassifier().fit(store), id="fit"),
        pytest.param(lambda store, model: fastlr.LogisticRegression().fit(store), id="exact"),
        pytest.param(lambda store, model: model.predict_proba(store), id="predict_proba"),
        pytest.param(lambda store, model: list(store), id="iterating"),
        pytest.param(lambda store, model: store.labels(), id="labels"),
        pytest.param(lambda store, model: store.to_csr(), id="to_csr"),
        pytest.param(lambda store, model: store.verify(), id="verify"),
    ],
)
@pytest.mark.parametrize("n_bytes", [4000, 1 << 26], ids=["several", "one"])
def test_values_that_have_changed_are_noticed(tmp_path, use, n_bytes):
    X, y, _ = data(60)
    store = write_store(tmp_path, X, y, shard_bytes=n_bytes)
    model = SGDClassifier(max_iter=1).fit(X, y)
    shard = store.shards[-1]
    content = bytearray(shard.path.read_bytes())
    place = shard.places["data"]
    content[place.offset + place.dtype.itemsize * (shard.entry.nnz // 2)] ^= 1
    shard.path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{shard.entry.name}.*its checksum is wrong"):
        use(open_store(tmp_path), model)


def test_files_are_compared_with_their_checksums_once(tmp_path, monkeypatch):
    X, y, _ = data(60)
    store = open_store(write_store(tmp_path, X, y, shard_bytes=4000).path)
    compared = []
    monkeypatch.setattr(shard_module, "check_rest", lambda file, sha256: compared.append(file.name))
    SGDClassifier(max_iter=2).fit(store).predict(store)
    assert compared == [str(shard.path) for shard in store.shards]
    store.verify()
    assert len(compared) == 2 * store.n_shards


@pytest.mark.parametrize(
    "changes",
    [
        {"n_features": 10},
        {"n_features": -1},
        {"n_features": 2**70},
        {"n_features": True},
        {"dtype": "float32"},
        {"dtype": "object"},
        {"dtype": ["float64"]},
        {"weighted": True},
        {"classes": None},
        {"classes": {"type": "str", "values": ["a", "b"]}},
        {"classes": {"type": "str", "values": ["a", "a", "b"]}},
        {"classes": {"type": "str", "values": ["a", 1, "b"]}},
        {"classes": {"type": "int8", "values": [1, 2, 300]}},
        {"classes": {"type": "datetime64", "values": []}},
        {"classes": 3},
        {"shards": []},
        {"shards": [["../../../etc/passwd", 10, 10, "0" * 64]]},
        {"shards": [["shard-000000-0123456789abcdef.safetensors", 10, 10, "0" * 64]]},
        {"shards": {"a": 1}},
        {"metadata": []},
        {"format": 2},
        {"kind": "model"},
        {"more": 1},
    ],
    ids=str,
)
def test_hostile_descriptions_are_refused(tmp_path, changes):
    X, y, _ = data(60)
    write_store(tmp_path, X, y)
    forged(tmp_path, **changes)
    with pytest.raises((ValueError, FileNotFoundError), match=str(tmp_path)):
        SGDClassifier(max_iter=1, backend="numpy").fit(open_store(tmp_path))


@pytest.mark.parametrize("name", ["indptr", "indices", "data", "labels", "weights"])
def test_hostile_shards_are_never_read_out_of_bounds(compiled, tmp_path, small_parts, name):
    """A shard with a fitting checksum that points anywhere; it is replaced after the store was opened, too."""
    X, y, s = data(60)
    for k, bad in enumerate([-1, 2**31 - 1, np.nan]):
        store = write_store(tmp_path / str(k), X, y, s)
        shard = store.shards[0]
        _ = shard.places if k else None
        tensors = dict(fastlr.persistence.tensor_file.read(shard.path)[1])
        tensors[name] = np.array(tensors[name])
        if np.isnan(bad) and tensors[name].dtype.kind == "i":
            continue
        tensors[name][len(tensors[name]) // 2] = bad if name not in ("data", "weights") else np.nan
        checksum = fastlr.persistence.tensor_file.write(shard.path, {"kind": "shard"}, tensors)
        if k == 0:
            forged(tmp_path / str(k), shards=[[shard.entry.name, 60, shard.entry.nnz, checksum]])
            store = open_store(tmp_path / str(k))
        model = SGDClassifier(max_iter=1, backend=compiled)
        with pytest.raises(ValueError, match=shard.entry.name):
            model.fit(store)
        with pytest.raises(ValueError, match=shard.entry.name):
            store.verify()
        assert not hasattr(model, "coef_")


def test_a_shard_that_is_cut_off_while_training(compiled, tmp_path, small_parts):
    X, y, _ = data()
    store = write_store(tmp_path, X, y)
    problem = problem_module.StoredTargets(store, store.classes_, np.float64).problem(None, np.ones(3))
    parts = problem.shuffled_parts(np.random.default_rng(0), 1)
    next(parts)
    os.truncate(store.shards[0].path, 1000)
    with pytest.raises(ValueError, match="truncated"):
        list(parts)
