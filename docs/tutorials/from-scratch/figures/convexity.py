import matplotlib.pyplot as plt
import numpy as np

x = np.array([10.0, 1.0, 1.0, -0.4])
y = np.array([0, 1, 1, 1])
w = np.linspace(-2, 5, 1401)
z = np.outer(w, x)
squared = np.mean((1 / (1 + np.exp(-z)) - y) ** 2, axis=1)
log_loss = np.mean(np.logaddexp(0, z) - y * z, axis=1)

figure, axes = plt.subplots(2, 1, figsize=(4.6, 5.2), sharex=True)
for ax, values, color, title in (
    (axes[0], squared, "C1", "mean squared error: two valleys"),
    (axes[1], log_loss, "C0", "mean log-loss: one valley"),
):
    ax.plot(w, values, color=color)
    lowest = (
        np.flatnonzero((values[1:-1] < values[:-2]) & (values[1:-1] < values[2:])) + 1
    )
    ax.plot(w[lowest], values[lowest], "o", color="black")
    ax.set(ylabel="loss", title=title)
axes[1].set_ylim(0.4, 3)
axes[1].set(xlabel="weight $w$")
