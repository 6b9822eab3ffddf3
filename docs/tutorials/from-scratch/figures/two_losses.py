import matplotlib.pyplot as plt
import numpy as np

z = np.linspace(-8, 6, 300)
p = 1 / (1 + np.exp(-z))
figure, ax = plt.subplots()
ax.plot(z, -np.log(p), label=r"log-loss, $-\log p$")
ax.plot(z, (1 - p) ** 2, label="squared error, $(1 - p)^2$")
ax.annotate(
    "certain and wrong:\nalmost no slope",
    (-6, 1.0),
    (-7.9, 2.1),
    arrowprops={"arrowstyle": "->"},
    color="C1",
    fontsize=10,
)
ax.set(xlabel="score $z$ of a row with $y = 1$", ylabel="loss of the row", ylim=(0, 8))
ax.legend()
