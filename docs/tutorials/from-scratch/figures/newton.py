import matplotlib.pyplot as plt
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(0)
n = 400
first = rng.normal(size=n)
X = np.column_stack([4 * first, 0.8 * first + 0.6 * rng.normal(size=n), np.ones(n)])
y = (rng.random(n) < sigmoid(X @ [0.3, -1.0, 0.5])).astype(int)
rate = 4 / np.linalg.eigvalsh(X.T @ X / n).max()


def losses(direction, steps):
    w, found = np.zeros(3), []
    for _ in range(steps + 1):
        found.append(np.mean(np.logaddexp(0, X @ w) - y * (X @ w)))
        p = sigmoid(X @ w)
        w = w - direction(p, X.T @ (p - y) / n)
    return np.array(found)


newton = losses(
    lambda p, gradient: np.linalg.solve((X.T * (p * (1 - p))) @ X / n, gradient), 5
)
descent = losses(lambda p, gradient: rate * gradient, 400)
lowest = min(newton) - 1e-16

figure, ax = plt.subplots()
ax.semilogy(descent - lowest, label="gradient descent")
ax.semilogy(newton - lowest, marker="o", markersize=5, label="Newton's method")
ax.annotate(
    "5 Newton steps",
    (5, newton[-1] - lowest),
    (40, 1e-15),
    arrowprops={"arrowstyle": "->"},
    va="center",
)
ax.set(xlabel="step", ylabel="loss above the lowest")
ax.legend()
