"""Ctrl-C in a command."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers.command_line import COMMAND


def heed_signals():
    """Let a process end by Ctrl-C even where the tests run in the background, who ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_leaves_no_half_a_model(folder):
    """While the data still come, and the model that was there before stays."""
    before = (folder / "two.fastlr").read_bytes()
    command = [*COMMAND, "train", "-", "-o", str(folder / "two.fastlr")]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, preexec_fn=heed_signals) as process:
        process.stdin.write((folder / "two.tsv").read_bytes() * 400)
        process.stdin.flush()
        assert process.stderr.readline().startswith(b"standard input")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130  # Numba may be compiling, which nothing interrupts
        assert process.stderr.read() == b"Interrupted.\n"
    assert (folder / "two.fastlr").read_bytes() == before
    assert not list(folder.glob("*.tmp"))


# Sends the process the signal of Ctrl-C when it is about to import a module, or when it ends.
INTERRUPTED = """
import os, signal, sys
moment = sys.argv.pop(1)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
def leave(code, leave=os._exit):
    os._exit = leave
    os.kill(os.getpid(), signal.SIGINT)
if moment == "the end":
    os._exit = leave
from fastlr.__main__ import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(
    "moment", ["fastlr.cli.main", "click.core", "fastlr.cli.train", "numpy._core._multiarray_umath", "the end"]
)
def test_ctrl_c_at_the_start_and_at_the_end_is_one_line(folder, moment):
    if moment == "numpy._core._multiarray_umath" and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("has another name in NumPy 1")
    command = [sys.executable, "-c", INTERRUPTED, moment, "train", str(folder / "two.tsv"), "-q"]
    output = folder / "interrupted.fastlr"
    command = [*command, "-o", str(output)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=heed_signals)
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "Interrupted.\n")
    assert output.exists() == (moment == "the end")
    assert not list(folder.glob("*.tmp"))
    output.unlink(missing_ok=True)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_in_the_background_stays_ignored(folder):
    """A shell without job control starts what ends in & so."""
    command = [sys.executable, "-c", INTERRUPTED, "fastlr.cli.main", "--version"]
    said = subprocess.run(
        ["sh", "-c", 'trap "" INT; "$@"', "sh", *command], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
