import matplotlib.pyplot as plt
import numpy as np

from fastlr import LogisticRegression

rng = np.random.default_rng(0)
x = rng.normal(size=40)
y = (rng.random(40) < 1 / (1 + np.exp(-(2 * x + 0.5)))).astype(int)
model = LogisticRegression(C=np.inf, tol=1e-8).fit(x[:, None], y)

w, b = np.meshgrid(np.linspace(-1.5, 5, 120), np.linspace(-2, 3, 120))
z = w[..., None] * x + b[..., None]
loss = np.mean(np.logaddexp(0, z) - y * z, axis=-1)

figure, ax = plt.subplots()
levels = np.array([0.56, 0.58, 0.62, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0])
filled = ax.contourf(w, b, loss, levels=[0.5, *levels], extend="max")
ax.contour(w, b, loss, levels=levels, colors="white", linewidths=0.8)
ax.plot(
    model.coef_[0],
    model.intercept_,
    marker="*",
    markersize=14,
    color="C1",
    markeredgecolor="white",
)
ax.annotate(
    "lowest point",
    (model.coef_[0, 0], model.intercept_[0]),
    (10, 8),
    textcoords="offset points",
    color="white",
)
ax.set(xlabel="weight $w$", ylabel="intercept $b$")
figure.colorbar(filled, label="mean log-loss")
