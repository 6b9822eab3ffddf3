"""Run every comparison and write the READMEs.

    python benchmarks/run_all.py [--quick] [--only NAME ...] [--data FOLDER]

``--quick`` tries them all in small and in minutes; what it writes goes to a temporary folder. A script that fails is
named at the end, and the others run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.corpora import add_data_option

HERE = Path(__file__).parent
# For each script its options in full, and those of a quick run.
SCRIPTS = {
    "experiments.plot_datasets": ([], []),
    "experiments.start": ([], ["--repeats", "1", "--no-install"]),
    "experiments.roofline": ([], ["--repeats", "1"]),
    "experiments.numpy_scaling": ([], ["--largest", "1e5", "--repeats", "1"]),
    "experiments.epoch_speed": ([], ["--repeats", "1", "--epochs", "1", "--classes", "2"]),
    "experiments.quality": ([], []),
    "experiments.text_defaults": ([], ["--limit", "500"]),
    "experiments.auto_rate": ([], ["--tasks", "dense*"]),
    "races.peers_race": ([], ["--repeats", "1", "--limit", "0.5", "--tasks", "* 2 classes", "*l?, C=1"]),
    "experiments.raw_text": ([], ["--repeats", "1", "--tasks", "reddit*", "--settings", "*no options", "*one pass"]),
    "experiments.threads": ([], ["--repeats", "1"]),
    "experiments.cost_growth": (["--largest", "1e9", "--memory", "6e9"], ["--largest", "1e7", "--repeats", "1"]),
    "experiments.distributed": (["--sizes", "1e6", "1e7", "1e8", "1e9"], ["--sizes", "1e5", "--repeats", "1"]),
    "experiments.cluster_peers": ([], ["--rows", "2000"]),
    "experiments.slow_network": ([], ["--features", "2000"]),
    "experiments.killed_workers": ([], ["--kills", "2"]),
    "experiments.short_memory": ([], ["--limit", "400MB", "--times", "0.1"]),
    "write_readme": ([], []),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in small, to a temporary folder")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS), help="only these scripts")
    add_data_option(parser)
    options = parser.parse_args()
    environment = dict(os.environ)
    if options.data:
        environment["FASTLR_DATA"] = str(options.data)
    if options.quick:
        folder = Path(tempfile.mkdtemp(prefix="fastlr-benchmarks-"))
        environment["FASTLR_RESULTS"] = str(folder / "benchmarks" / "results")
        (folder / "benchmarks" / "results").mkdir(parents=True)
        shutil.copy(HERE.parent / "README.md", folder)
        print(f"results go to {folder}")
    failed = []
    for name in options.only:
        print(f"\n== {name}", flush=True)
        begun = time.perf_counter()
        command = [sys.executable, "-m", name, *SCRIPTS[name][options.quick]]
        code = subprocess.run(command, env=environment, cwd=HERE, check=False).returncode
        if code:
            failed.append(f"{name} (exit code {code})")
        print(f"== {name}: {time.perf_counter() - begun:.0f} s", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
