"""Rows on disk, more than memory holds: a folder of CSR shards, to train on and to predict.

``write_store`` and ``StoreWriter`` write one, ``open_store`` opens it, and ``SGDClassifier.fit`` and
``LogisticRegression.fit`` take it for ``X``. A folder holds a ``store.json``, which says what there is, and the shards:
files in the safetensors format (`fastlr.persistence.tensor_file`) of a bounded number of rows each. A file is written
beside its place and then renamed, ``store.json`` last of all, so that a crash at any moment leaves the store as it was
or as it was to be.
"""

from fastlr.store.store import Chunk, Store, open_store
from fastlr.store.writer import StoreWriter, write_store

__all__ = ["Chunk", "Store", "StoreWriter", "open_store", "write_store"]
