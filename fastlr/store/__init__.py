"""Stores: sparse rows on disk, to train on more data than fits into memory.

``write_store`` and ``StoreWriter`` write a store, ``open_store`` opens it, and ``SGDClassifier.fit`` and
``LogisticRegression.fit`` accept it as ``X``.

A store is a folder with a manifest, ``store.json``, and shards: files in the safetensors format
(`fastlr.persistence.tensor_file`) that hold a bounded number of rows in CSR form. Files are written under a temporary
name and then renamed, the manifest last, so that a crash leaves either the old store or the new one.
"""

from fastlr.store.store import Chunk, Store, open_store
from fastlr.store.writer import StoreWriter, write_store

__all__ = ["Chunk", "Store", "StoreWriter", "open_store", "write_store"]
