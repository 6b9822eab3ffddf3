"""From a file of raw text to a saved model, against Vowpal Wabbit and fastText.

    python -m experiments.raw_text [--tasks PATTERN ...] [--settings PATTERN ...] [--repeats N] [--data FOLDER]
        [--large 1e8 1e9 1e10] [--scratch FOLDER]

Each task is a corpus as plain tab-separated lines, label and text. fastlr reads that file, by its command line: the
time is that of the whole process, from its start to the model on the disk. The peers get files in their own formats,
words in lower case between blanks, written beforehand, and their time begins after their module has been imported; that
of their process is measured, too. Settings take turns. What the models say of the rows held out is scored here, in
NumPy, in the same way for all.

With ``--large`` fastlr alone also reads files of so many bytes, written to the scratch folder: the 20 classes of
abstracts again and again, in ever other orders, with some words of each left out. It says at how many megabytes a
second, and in how much memory.

Results go to ``results/text.json``; a task that is run again replaces its old results.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np
from harness.corpora import add_data_option, find_corpora, read_texts
from harness.measure import RESULTS, save
from races.plots import draw_raw_text

# Their own rows of the race: what a user would try first, then what takes longer and is better.
VW = "--quiet --random_seed 1 -b 22 --loss_function logistic"
VOWPAL_WABBIT = {
    "one pass": "",
    "five passes": "--passes 5 --holdout_off",
    "one pass, bigrams": "--ngram 2",
    "five passes, bigrams": "--ngram 2 --passes 5 --holdout_off",
    "five passes, bigrams, -l 1": "--ngram 2 --passes 5 --holdout_off -l 1",
    "ten passes, bigrams, -l 0.2": "--ngram 2 --passes 10 --holdout_off -l 0.2",
}
FASTTEXT = {
    "defaults": {},
    "lr=0.5, epoch=5": {"lr": 0.5},
    "lr=0.5, epoch=5, bigrams": {"lr": 0.5, "wordNgrams": 2},
    "lr=1, epoch=5, bigrams": {"lr": 1.0, "wordNgrams": 2},
    "lr=0.5, epoch=25, bigrams": {"lr": 0.5, "epoch": 25, "wordNgrams": 2},
}
FASTLR = {
    "no options": [],
    "no options, one thread": ["--threads", "1"],
    "words alone": ["--ngrams", "1"],
}
# Of each document in a large file.
VARIANTS = 8
# What a peer runs in a process of its own; it prints the seconds from its first look at the file to the saved model.
TRAIN = {
    "Vowpal Wabbit": """
import sys, time
from vowpalwabbit import Workspace
begun = time.perf_counter()
Workspace(sys.argv[1]).finish()
print(time.perf_counter() - begun)
""",
    "fastText": """
import json, sys, time
import fasttext
begun = time.perf_counter()
fasttext.train_supervised(input=sys.argv[1], verbose=0, thread=2, **json.loads(sys.argv[3])).save_model(sys.argv[2])
print(time.perf_counter() - begun)
""",
}


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


class Task:
    """A corpus in the form of each library, in a temporary folder."""

    def __init__(self, name, folder):
        corpus, classes = name.split(", ")
        texts, labels = read_texts(folder, corpus)
        classes_, codes = np.unique(labels, return_inverse=True)
        if classes.startswith("2 "):
            codes = (codes >= (len(classes_) + 1) // 2).astype(int)
        n = int(0.8 * len(texts))
        self.n_classes = int(codes.max()) + 1
        self.y_test = codes[n:]
        self.keep = tempfile.TemporaryDirectory(prefix="fastlr-text-")
        self.folder = Path(self.keep.name)
        plain = [words(text) for text in texts]
        if self.n_classes == 2:
            vw = [f"{2 * code - 1} |f {text}" for code, text in zip(codes, plain, strict=True)]
        else:
            vw = [f"{code + 1} |f {text}" for code, text in zip(codes, plain, strict=True)]
        forms = {
            "tsv": [f"{code}\t{text}" for code, text in zip(codes, texts, strict=True)],
            "vw": vw,
            "fasttext": [f"__label__{code} {text}" for code, text in zip(codes, plain, strict=True)],
        }
        for form, lines in forms.items():
            for part, rows in (("train", lines[:n]), ("test", lines[n:])):
                (self.folder / f"{part}.{form}").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        self.megabytes = (self.folder / "train.tsv").stat().st_size / 1e6
        self.n_samples = n

    def path(self, name):
        return str(self.folder / name)

    def score(self, probabilities):
        """Return the accuracy and the log-loss of probabilities of shape (n_test, n_classes)."""
        p = np.clip(probabilities, 1e-7, None)
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(self.y_test))
        accuracy = float(np.mean(p.argmax(axis=1) == self.y_test))
        return accuracy, float(-np.log(p[rows, self.y_test]).mean())


def run(command, task):
    """Run a command in the task's folder; return what it printed, and its wall time."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=task.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    output, errors = child.communicate()
    seconds = time.perf_counter() - begun
    if child.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))[:300]}: {errors[-500:]}")
    return output, seconds


class VowpalWabbit:
    settings = VOWPAL_WABBIT
    distribution = "vowpalwabbit"

    def flags(self, task):
        return f"{VW} --link logistic" if task.n_classes == 2 else f"{VW} --oaa {task.n_classes} --probabilities"

    def train(self, task, setting):
        flags = self.settings[setting]
        cache = " -c -k --cache_file train.cache" if "--passes" in flags else ""
        command = f"{self.flags(task)} {flags}{cache} -d train.vw -f model.vw"
        output, process = run([sys.executable, "-c", TRAIN["Vowpal Wabbit"], command], task)
        return float(output.split()[-1]), process

    def predict(self, task, setting):
        command = "--quiet -t -i model.vw -d test.vw -p predictions"
        if task.n_classes > 2:
            command += " --probabilities"  # which a model does not remember
        run([sys.executable, "-c", TRAIN["Vowpal Wabbit"], command], task)
        lines = (task.folder / "predictions").read_text().split("\n")[:-1]
        if task.n_classes == 2:
            p = np.array(lines, float)
            return np.column_stack([1 - p, p])
        return np.array([[float(entry.split(":")[1]) for entry in line.split() if ":" in entry] for line in lines])


class FastText:
    settings = FASTTEXT
    distribution = "fasttext-wheel"

    def train(self, task, setting):
        options = json.dumps(self.settings[setting])
        command = [sys.executable, "-c", TRAIN["fastText"], "train.fasttext", "model.bin", options]
        output, process = run(command, task)
        return float(output.split()[-1]), process

    def predict(self, task, setting):
        import fasttext

        model = fasttext.load_model(task.path("model.bin"))
        p = np.zeros((len(task.y_test), task.n_classes))
        with open(task.path("test.fasttext"), encoding="utf-8") as lines:
            for i, line in enumerate(lines):
                for chance, label in model.f.predict(line.split(" ", 1)[1], task.n_classes, 0.0, "strict"):
                    p[i, int(label[len("__label__") :])] = chance
        return p


class Fastlr:
    settings = FASTLR
    distribution = "fastlr"

    def train(self, task, setting):
        fastlr = str(Path(sys.executable).with_name("fastlr"))
        _, process = run([fastlr, "train", "train.tsv", "-o", "model.fastlr", *self.settings[setting]], task)
        return process, process

    def predict(self, task, setting):
        fastlr = str(Path(sys.executable).with_name("fastlr"))
        output, _ = run([fastlr, "predict", "model.fastlr", "test.tsv", "--proba"], task)
        names, *rows = (line.split("\t") for line in output.splitlines())
        return np.array(rows, float)[:, np.argsort(np.array(names, int))]


LIBRARIES = {"fastlr": Fastlr(), "Vowpal Wabbit": VowpalWabbit(), "fastText": FastText()}
TASKS = ("arxiv, 2 classes", "arxiv, 20 classes", "reddit, 200 classes")


def race(task, chosen, repeats, limit):
    """Train by each library and setting, in turn; a setting that takes longer than ``limit`` seconds runs once."""
    rows, failed = {}, {}
    for turn in range(repeats):
        for library, setting in chosen[:: -1 if turn % 2 else 1]:
            key = f"{library}, {setting}"
            if key in failed or (key in rows and rows[key]["seconds"][0] > limit):
                continue
            try:
                seconds, process = LIBRARIES[library].train(task, setting)
                if key not in rows:
                    accuracy, loss = task.score(LIBRARIES[library].predict(task, setting))
                    rows[key] = {"library": library, "setting": setting, "accuracy": accuracy, "log_loss": loss}
                    rows[key]["seconds"], rows[key]["process"] = [], []
                rows[key]["seconds"].append(seconds)
                rows[key]["process"].append(process)
            except (RuntimeError, OSError, ImportError) as error:
                failed[key] = f"{type(error).__name__}: {error}"
                print(f"    {key} failed: {failed[key]}", flush=True)
                continue
            row = rows[key]
            print(
                f"    {key:50} {seconds:8.3f} s  accuracy {row['accuracy']:.4f}  log-loss {row['log_loss']:.4f}",
                flush=True,
            )
    for row in rows.values():
        times = row.pop("seconds")
        row.update(best=min(times), median=median(times), rounds=len(times), process=min(row["process"]))
    return list(rows.values()), failed


# Runs a command, and prints the greatest memory that it needed, in KiB.
WITH_MEMORY = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def write_large(path, n_bytes, folder):
    """Write so many bytes of abstracts, each a line with its class, and return their number.

    Of each abstract there are up to `VARIANTS`, each without a tenth of its words.
    """
    texts, labels = read_texts(folder, "arxiv")
    documents = [text.split(" ") for text in texts]
    rng, variants, written = np.random.default_rng(0), [], 0
    with path.open("wb") as file:
        while written < n_bytes:
            if len(variants) < VARIANTS:
                variants.append([])
                for label, words in zip(labels, documents, strict=True):
                    stays = (rng.random(len(words)) < 0.9).tolist()
                    text = " ".join(word for word, kept in zip(words, stays, strict=True) if kept)
                    variants[-1].append(f"{label}\t{text}\n".encode())
            chosen = rng.integers(0, len(variants), len(texts)).tolist()
            lines = b"".join([variants[chosen[i]][i] for i in rng.permutation(len(texts)).tolist()])
            lines = lines[: lines.find(b"\n", min(int(n_bytes) - written, len(lines)) - 1) + 1]
            written += file.write(lines)
    return written


def run_large(sizes, folder, scratch):
    """Train on ever larger files; return a row each."""
    rows = []
    fastlr = str(Path(sys.executable).with_name("fastlr"))
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="fastlr-text-", dir=scratch) as name:
            path = Path(name) / "large.tsv"
            n_bytes = write_large(path, size, folder)
            begun = time.perf_counter()
            command = [fastlr, "train", str(path), "-o", str(Path(name) / "model.fastlr"), "--memory", "1GB"]
            output = subprocess.run(
                [sys.executable, "-c", WITH_MEMORY, *command],
                check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": name},
            ).stdout  # fmt: skip
            seconds = time.perf_counter() - begun
            row = {"bytes": n_bytes, "seconds": seconds, "peak_bytes": 1024 * int(output.split()[-1])}
        print(
            f"    {n_bytes / 1e9:6.2f} GB in {seconds:7.1f} s, {n_bytes / 1e6 / seconds:.0f} MB/s, "
            f"{row['peak_bytes'] / 2**20:.0f} MiB of memory",
            flush=True,
        )
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", nargs="+", metavar="PATTERN", help="only these tasks, as 'arxiv*'")
    parser.add_argument("--settings", nargs="+", metavar="PATTERN", help="only these, as 'fastlr*' '*one pass'")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=10.0, help="a setting that takes longer, in seconds, runs once")
    parser.add_argument("--large", nargs="+", type=float, default=[], metavar="BYTES", help="files of these sizes")
    parser.add_argument("--scratch", type=Path, metavar="FOLDER", help="where they are written")
    add_data_option(parser)
    options = parser.parse_args()

    found = find_corpora(options.data)
    path = RESULTS / "text.json"
    results = json.loads(path.read_text()) if path.exists() else {"tasks": {}}
    chosen = [
        (library, setting)
        for library, peer in LIBRARIES.items()
        for setting in peer.settings
        if not options.settings or any(fnmatch(f"{library}, {setting}", pattern) for pattern in options.settings)
    ]
    versions = {}
    for peer in LIBRARIES.values():
        try:
            versions[peer.distribution] = version(peer.distribution)
        except PackageNotFoundError:
            continue
    for name in TASKS:
        if name.split(",")[0] not in found or (options.tasks and not any(fnmatch(name, p) for p in options.tasks)):
            continue
        task = Task(name, options.data)
        print(f"\n{name}: {task.n_samples:,} rows, {task.megabytes:.0f} MB", flush=True)
        rows, failed = race(task, chosen, options.repeats, options.limit)
        results["tasks"][name] = {
            "n_samples": task.n_samples,
            "n_classes": task.n_classes,
            "megabytes": task.megabytes,
            "rows": rows,
            "failed": failed,
        }
        results["tasks"] = {title: results["tasks"][title] for title in TASKS if title in results["tasks"]}
        save("text", {**results, "versions": versions})
    if options.large and "arxiv" in found:
        print("\nlarge files")
        results["large"] = run_large(options.large, options.data, options.scratch)
        save("text", {**results, "versions": versions})
    draw_raw_text(results["tasks"])


if __name__ == "__main__":
    main()
