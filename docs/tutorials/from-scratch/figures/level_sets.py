import matplotlib.pyplot as plt
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(0)
n = 400
first = rng.normal(size=n)
second = 0.8 * first + 0.6 * rng.normal(size=n)
X = np.column_stack([4 * first, second])
X -= X.mean(axis=0)
y = (rng.random(n) < sigmoid(X @ [0.3, -1.0])).astype(int)
variances, directions = np.linalg.eigh(X.T @ X / n)


def path(features, steps=12):
    rate = 4 / np.linalg.eigvalsh(features.T @ features / n).max()
    weights = [np.zeros(2)]
    for _ in range(steps):
        weights.append(
            weights[-1] - rate * features.T @ (sigmoid(features @ weights[-1]) - y) / n
        )
    return np.array(weights)


figure, axes = plt.subplots(3, 1, figsize=(4.6, 9))
for ax, title, features in (
    (axes[0], "raw features", X),
    (axes[1], "z-scores", X / X.std(axis=0)),
    (axes[2], "whitened features", X @ directions / np.sqrt(variances)),
):
    best = path(features, 2000)[-1]
    steps = path(features)
    reach = 1.15 * np.abs(steps - best).max()
    grid = best[:, None, None] + reach * np.stack(
        np.meshgrid(np.linspace(-1.6, 1.6, 121), np.linspace(-1, 1, 121))
    )
    z = np.einsum("nj,jab->nab", features, grid)
    loss = np.mean(np.logaddexp(0, z) - y[:, None, None] * z, axis=0)
    ax.contour(
        *grid,
        loss,
        levels=loss.min() + np.geomspace(3e-4, loss.max() - loss.min(), 12),
        colors="C0",
        linewidths=0.8,
    )
    ax.plot(
        *steps.T,
        color="C1",
        marker="o",
        markersize=4,
        linewidth=1,
        label="12 steps of gradient descent",
    )
    ax.plot(
        *best,
        marker="*",
        markersize=13,
        color="black",
        linestyle="",
        label="lowest point",
    )
    ax.set(title=title, xlabel="weight $w_1$", ylabel="weight $w_2$", aspect="equal")
axes[2].legend(loc="lower right", frameon=True, framealpha=0.9)
