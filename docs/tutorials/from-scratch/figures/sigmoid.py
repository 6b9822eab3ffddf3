import matplotlib.pyplot as plt
import numpy as np

from fastlr import LogisticRegression

rng = np.random.default_rng(0)
x = rng.normal(size=40)
y = (rng.random(40) < 1 / (1 + np.exp(-(2 * x + 0.5)))).astype(int)
model = LogisticRegression(C=np.inf, tol=1e-8).fit(x[:, None], y)

grid = np.linspace(-3, 3, 200)
figure, ax = plt.subplots()
ax.scatter(x[y == 1], y[y == 1], color="C0", alpha=0.6, label="recommended")
ax.scatter(x[y == 0], y[y == 0], color="C1", alpha=0.6, label="not recommended")
ax.plot(
    grid,
    model.predict_proba(grid[:, None])[:, 1],
    color="black",
    label="fitted probability",
)
ax.axhline(0.5, color="gray", linewidth=0.8, linestyle=":")
ax.set(xlabel="tone of the review, $x$", ylabel="label $y$, probability $p$")
ax.legend(loc="center left", bbox_to_anchor=(0, 0.75))
