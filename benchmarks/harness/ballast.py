"""Hold memory, so that the rest of the machine, its file cache included, has only a given amount left.

A limit of one process alone would leave the system free to keep that process's files in memory. Control groups count
both, but few users may make one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# If memory runs out, this process is the one that the system ends. Locked memory is not swapped out.
HOLD = """
import ctypes, mmap, sys
open("/proc/self/oom_score_adj", "w").write("1000")
n_bytes = int(sys.argv[1])
memory = mmap.mmap(-1, n_bytes)
libc = ctypes.CDLL(None, use_errno=True)
if libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory))), ctypes.c_size_t(n_bytes)):
    sys.exit(f"mlock: error {ctypes.get_errno()}; see `ulimit -l`")
print("held", flush=True)
sys.stdin.read()
"""


def available() -> int:
    """Return the bytes of memory that are free or can be freed.

    Raises
    ------
    OSError
        If the system does not say.
    """
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


@contextmanager
def leaving(n_bytes: int) -> Iterator[None]:
    """Leave so many bytes of memory while the block runs.

    Raises
    ------
    OSError
        If there is less already, the system does not let memory be locked, or it is not Linux.
    RuntimeError
        If memory ran out meanwhile, and what was held was given up.
    """
    held = available() - n_bytes
    if held <= 0:
        raise OSError(f"only {available() / 1e9:.1f} GB are available")
    command = [sys.executable, "-c", HOLD, str(held)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as holder:
        try:
            if holder.stdout.readline() != "held\n":
                reason = holder.stderr.read().strip().splitlines() or [f"exit code {holder.wait()}"]
                raise OSError(f"memory cannot be held: {reason[-1]}")
            yield
            if holder.poll() is not None:
                raise RuntimeError("memory ran out, and the system took back what was held")
        finally:
            holder.stdin.close()
