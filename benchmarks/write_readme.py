"""Write ``README.md``, and the figures of the project's, from ``results/*.json``: nothing in them is typed by hand.

    python benchmarks/write_readme.py

A part whose results are not there is left out.
"""

from __future__ import annotations

import json

from harness.measure import RESULTS
from report.races import exact_summary, peers, sgd_wins
from report.raw_text import raw_text, text_quality, text_summary, words_alone
from report.text import number, reflow
from report.threads import threads
from report.training import (
    auto_rate,
    compare_numpy,
    datasets,
    growth,
    quality,
    quality_summary,
    roofline,
    speed,
    speed_summary,
)

HEAD = """# Benchmarks

Written by `write_readme.py` from `results/*.json`; do not edit. All numbers are from one machine:

{machine}

To repeat them, after `pip install -e '.[bench]'` (and the peers, each by best effort, as `peers/requirements.txt`
says), with `FASTLR_DATA` naming the folder of the real corpora, or without them:

```
cd benchmarks
python run_all.py            # hours; or --quick, minutes, which leaves these results as they are
```

and for the suite that watches fastlr from commit to commit

```
asv run --python=same --quick                                     # some minutes; saves nothing
asv run --python=same --set-commit-hash $(git rev-parse HEAD)     # a full run, saved; half an hour
asv continuous main HEAD                                          # two commits, in environments of asv's own
asv publish && asv preview
```
"""
PARTS = {
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
}
MARK_BEGIN, MARK_END = "<!-- results, written by benchmarks/write_readme.py -->", "<!-- end of results -->"


def figures(results):
    """Return the three figures that matter most, each with what it says."""
    parts = []
    if results.get("peers", {}).get("exact"):
        parts.append(
            "**Exact models.** Seconds to a certified gap of 1e-5 of the objective, one thread. Beside the best of all "
            f"other libraries and solvers `LogisticRegression` is {exact_summary(results['peers']['exact'])}."
            "\n\n![seconds to a certified gap](benchmarks/results/exact.png)"
        )
    if results.get("peers", {}).get("sgd"):
        text = "**Untuned models.** Loss and accuracy on rows held out, over the seconds of training."
        if "quality" in results:
            text += f" On 20 classes of arXiv abstracts {quality_summary(results['quality']['tables']['tf-idf'])}."
        if "speed" in results:
            text += f" Beside scikit-learn's, an epoch of `SGDClassifier` is {speed_summary(results['speed'])}."
        winners = len(sgd_wins(results["peers"]["sgd"]))
        text += f" Peers win in {number(winners)} comparisons, which `benchmarks/README.md` lists with the reasons."
        parts.append(f"{text}\n\n![test loss and accuracy over seconds](benchmarks/results/peers_sgd.png)")
    if "text" in results:
        parts.append(
            f"**Raw text.** `fastlr train` without options, from the file to the saved model, is "
            f"{text_summary(results['text'])}. With words alone, as Vowpal Wabbit's one pass has them: "
            f"{words_alone(results['text'])}. Without options: {text_quality(results['text'])}"
        )
    if "numpy" in results:
        last = [row for row in results["numpy"]["tables"]["features"] if row["penalty"] == "l2"][-1]
        parts.append(
            "**Cost by what is touched.** The same steps by naive NumPy, which shrinks every feature at each, take "
            f"{number(last['speedup'])} times as long at {number(last['n_features'])} features."
            "\n\n![seconds over features, batch sizes and classes](benchmarks/results/numpy.png)"
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
