"""Write ``README.md`` here, and the results in the project's README, from ``results/*.json``.

    python benchmarks/write_readme.py

Parts without results are left out.
"""

from __future__ import annotations

import json

from harness.measure import RESULTS
from report.clusters import cluster_peers, distributed, killed_workers, short_memory, slow_network
from report.races import exact_summary, exact_wins, peers, sgd_wins
from report.raw_text import raw_text, text_summary, text_wins
from report.start import start
from report.text import listed, reflow
from report.threads import threads
from report.training import (
    auto_rate,
    compare_numpy,
    datasets,
    growth,
    quality,
    roofline,
    speed,
    speed_summary,
)

HEAD = """# Benchmarks

`write_readme.py` writes this page from `results/*.json`; do not edit it. All figures come from one machine:

{machine}

To repeat them, run `pip install -e '.[bench]'`, install the peers you want (`peers/requirements.txt`), and set
`FASTLR_DATA` to the folder with the real corpora, if you have them:

```
cd benchmarks
python run_all.py            # hours; --quick takes minutes and does not replace these results
```

The asv suite compares commits of fastlr:

```
asv run --python=same --quick                                     # a few minutes; saves nothing
asv run --python=same --set-commit-hash $(git rev-parse HEAD)     # half an hour; saves the results
asv continuous main HEAD                                          # two commits, each in its own environment
asv publish && asv preview
```
"""
PARTS = {
    "start": start,
    "datasets": datasets,
    "speed": speed,
    "quality": quality,
    "auto_rate": auto_rate,
    "numpy": compare_numpy,
    "peers": peers,
    "text": raw_text,
    "roofline": roofline,
    "threads": threads,
    "growth": growth,
    "distributed": distributed,
    "cluster_peers": cluster_peers,
    "slow_network": slow_network,
    "killed_workers": killed_workers,
    "short_memory": short_memory,
}
MARK_BEGIN, MARK_END = "<!-- results, written by benchmarks/write_readme.py -->", "<!-- end of results -->"


def figures(results):
    """Return the README's section of results: a figure of speed, one of accuracy, and the cases where a peer wins."""
    parts, wins = [], []
    exact, sgd = (results.get("peers", {}).get(race) for race in ("exact", "sgd"))
    if exact:
        parts.append(
            "**Exact models.** The figure shows the seconds, in one thread, until the duality gap proves that the "
            "objective is within 1e-5 of the optimum. Compared with the fastest of all other libraries and solvers, "
            f"`LogisticRegression` is {exact_summary(exact)}."
            "\n\n![Seconds to a certified gap: fastlr, the best peer, scikit-learn's default]"
            "(benchmarks/results/exact.png)"
        )
        wins += exact_wins(exact)
    if "text" in results:
        parts.append(
            "**Raw text.** The figure plots test accuracy against the seconds from a text file to a saved model. "
            f"Without options, `fastlr train` (two threads here) is {text_summary(results['text'])}; in one thread it "
            f"is {text_summary(results['text'], 'no options, one thread')}. Below 1, fastlr is slower."
            "\n\n![Test accuracy over seconds, from a text file to a model](benchmarks/results/raw_text.png)"
        )
        wins += text_wins(results["text"])
    if sgd:
        wins += sgd_wins(sgd)
    if parts:
        parts.append("**Where another library wins:**\n\n" + listed(wins, "Nowhere in these races."))
    if "speed" in results:
        parts.append(
            "Compared with scikit-learn's `SGDClassifier`, an epoch of fastlr's is "
            f"{speed_summary(results['speed'])}. The scripts in `benchmarks/` measure all of this on the same data "
            "and machine, in alternating runs."
        )
    return reflow("\n\n".join(parts))


def main():
    results = {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in PARTS
        if (RESULTS / f"{name}.json").exists()
    }
    machine = next(iter(results.values()))["machine"]
    described = ", ".join(value if key in ("cpu", "memory") else f"{key} {value}" for key, value in machine.items())
    text = HEAD.format(machine=described) + "\n" + "\n".join(PARTS[name](r) for name, r in results.items())
    path = RESULTS.parent / "README.md"
    path.write_text(reflow(text.rstrip("\n")) + "\n")
    print(f"wrote {path}")
    path = RESULTS.parents[1] / "README.md"
    before, rest = path.read_text().split(MARK_BEGIN)
    _, after = rest.split(MARK_END)
    path.write_text(f"{before}{MARK_BEGIN}\n\n{figures(results)}\n\n{MARK_END}{after}")
    print(f"wrote the figures of {path}")


if __name__ == "__main__":
    main()
