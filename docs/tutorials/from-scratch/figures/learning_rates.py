import matplotlib.pyplot as plt
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(2)
X = rng.normal(size=(60, 2)) * [1.5, 0.8]
y = (rng.random(60) < sigmoid(X @ [1.5, -2.0])).astype(int)
L = np.linalg.eigvalsh(X.T @ X / len(y)).max() / 4


def loss(w):
    z = w @ X.T
    return np.mean(np.logaddexp(0, z) - y * z, axis=-1)


def path(rate, steps=30):
    weights = [np.zeros(2)]
    for _ in range(steps):
        weights.append(
            weights[-1] - rate * X.T @ (sigmoid(X @ weights[-1]) - y) / len(y)
        )
    return np.array(weights)


figure, (above, below) = plt.subplots(2, 1, figsize=(4.6, 6.2), height_ratios=(1.3, 1))
grid = np.stack(
    np.meshgrid(np.linspace(-0.5, 4.5, 120), np.linspace(-3, 0.5, 120)), axis=-1
)
above.contour(
    *np.moveaxis(grid, -1, 0), loss(grid), levels=18, colors="lightgray", linewidths=0.9
)
for factor, color, marker, name in (
    (6, "C1", "^", "too large: 6 / L"),
    (1, "C2", "o", "about right: 1 / L"),
    (0.03, "C0", "s", "too small: 0.03 / L"),
):
    weights = path(factor / L)
    above.plot(
        *weights.T, color=color, marker=marker, markersize=4, linewidth=1, label=name
    )
    below.plot(loss(weights), color=color, label=name)
above.set(xlabel="weight $w_1$", ylabel="weight $w_2$")
above.legend(loc="lower right", fontsize=10, frameon=True, framealpha=0.9)
below.set(xlabel="step", ylabel="mean log-loss", ylim=(0, None))
