"""A crash while a store is written leaves the old store or the new one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.stores import data

import fastlr
from fastlr import StoreWriter, open_store, write_store

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


@pytest.mark.parametrize("append", [False, True])
def test_a_crash_leaves_the_old_store_or_the_new(tmp_path, monkeypatch, append):
    """Whichever system call does not come back."""
    X, y, _ = data(60)
    write_store(tmp_path, X, y, shard_bytes=2000)
    n_calls = 0

    class Killed(BaseException):
        pass

    for k in range(1, 100):
        calls = iter(range(1, 1000))
        rename, unlink = os.replace, Path.unlink

        def dying(call, calls=calls, k=k):
            def method(*args, **kwargs):
                if next(calls) >= k:
                    raise Killed
                return call(*args, **kwargs)

            return method

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", dying(rename))
            patch.setattr(Path, "unlink", dying(unlink))
            patch.setattr(StoreWriter, "__exit__", lambda self, kind, *rest: kind or (self.commit() and None))
            try:
                if append:
                    open_store(tmp_path).append(X, y, shard_bytes=2000)
                else:
                    write_store(tmp_path, X[::-1], y[::-1], shard_bytes=1500)
            except Killed:
                n_calls += 1
        store = open_store(tmp_path).verify()
        assert len(store) in ((60, 120) if append else (60,))
        new = len(store) == 120 if append else (store.labels() == y[::-1]).all()
        if new:
            break
        np.testing.assert_array_equal(store.labels(), y)
    assert n_calls > 3
    store.append(X, y)  # removes what was left behind
    names = {entry.name for entry in store._manifest.shards} | {"store.json"}
    assert {file.name for file in tmp_path.iterdir()} == names


WRITER = """
import sys, numpy as np, scipy.sparse as sp
import fastlr
X, y = sp.random(50, 40, 0.2, "csr", random_state=0), np.arange(50) % 3
print("ready", flush=True)
while True:
    fastlr.open_store(sys.argv[1]).append(X, y, shard_bytes=1000)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kill_9_while_appending(tmp_path):
    X, y = sp.random(50, 40, 0.2, "csr", random_state=0), np.arange(50) % 3
    write_store(tmp_path, X, y)
    environment = {**os.environ, "PYTHONPATH": str(Path(fastlr.__file__).parents[1])}
    for k in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, env=environment, text=True
        )
        assert process.stdout.readline() == "ready\n"
        n = len(open_store(tmp_path))
        while len(open_store(tmp_path)) < n + 100 * (k + 1):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = open_store(tmp_path).verify()
        assert len(store) % 50 == 0
        np.testing.assert_array_equal(store.labels(), np.tile(y, len(store) // 50))
