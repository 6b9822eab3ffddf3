"""Draw the laws of words and lengths in the real corpora beside those of `fastlr.datasets.make_bag_of_words`.

    python -m experiments.plot_datasets --data FOLDER

Each corpus is set beside synthetic documents of its own number, vocabulary, mean length and classes, and otherwise of
the defaults. Writes ``results/datasets.json`` and ``results/datasets.png``.
"""

from __future__ import annotations

import argparse

import numpy as np
from harness.corpora import add_data_option, find_corpora, read_texts
from harness.figures import plt, save_figure
from harness.measure import save
from sklearn.feature_extraction.text import CountVectorizer

from fastlr.datasets import make_bag_of_words

RANKS = np.unique(np.geomspace(1, 50_000, 60).astype(int))
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def frequencies(counts) -> np.ndarray:
    """Return the words' shares of all words, the most frequent first."""
    totals = np.sort(np.asarray(counts.sum(axis=0)).ravel())[::-1]
    return totals / totals.sum()


def lengths(counts) -> np.ndarray:
    """Return the number of words of each document that has any."""
    totals = np.asarray(counts.sum(axis=1)).ravel()
    return totals[totals > 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_option(parser)
    options = parser.parse_args()
    results = {}
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    for name, colour in zip(find_corpora(options.data), ("tab:blue", "tab:orange"), strict=False):
        texts, labels = read_texts(options.data, name)
        real = CountVectorizer().fit_transform(texts)
        made, _ = make_bag_of_words(
            real.shape[0],
            real.shape[1],
            mean_length=lengths(real).mean(),
            n_classes=len(np.unique(labels)),
            weighting="counts",
            random_state=0,
        )
        results[name] = {"n_samples": real.shape[0], "n_features": real.shape[1], "ranks": RANKS.tolist()}
        for kind, counts, style in (("real", real, "-"), ("synthetic", made, "--")):
            share, length = frequencies(counts), lengths(counts)
            results[name][kind] = {
                "frequencies": share[RANKS - 1].tolist(),
                "mean_length": length.mean(),
                "log_length_deviation": np.log(length).std(),
                "length_quantiles": np.quantile(length, QUANTILES).tolist(),
                "nnz": int(counts.nnz),
                "words_used": int((share > 0).sum()),
            }
            axes[0].loglog(RANKS, share[RANKS - 1], style, color=colour, label=f"{name}, {kind}")
            density, edges = np.histogram(length, np.unique(np.geomspace(1, 600, 45).astype(int)), density=True)
            axes[1].semilogx(np.sqrt(edges[:-1] * edges[1:]), density * edges[:-1], style, color=colour)
    axes[0].set(xlabel="rank of the word", ylabel="share of all words", title="Word frequencies")
    axes[1].set(xlabel="words in the document", ylabel="density, by log of the length", title="Document lengths")
    axes[0].legend()
    save("datasets", results)
    save_figure(figure, "datasets")


if __name__ == "__main__":
    main()
