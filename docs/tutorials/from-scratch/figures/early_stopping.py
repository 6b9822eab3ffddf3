import matplotlib.pyplot as plt

from fastlr import SGDClassifier
from fastlr.datasets import make_bag_of_words

X, y = make_bag_of_words(2500, 5000, mean_length=30, random_state=0)
model = SGDClassifier(
    penalty=None, learning_rate="constant", eta0=0.5, max_iter=60, random_state=0
)
history = model.fit(X[:1500], y[:1500], eval_set=(X[1500:], y[1500:])).history_

best = history["validation_loss"].argmin()
figure, ax = plt.subplots()
ax.plot(history["epoch"], history["training_loss"], label="training loss")
ax.plot(history["epoch"], history["validation_loss"], label="validation loss")
ax.plot(history["epoch"][best], history["validation_loss"][best], "o", color="black")
ax.annotate(
    "stop here",
    (history["epoch"][best], history["validation_loss"][best]),
    (12, 0.42),
    arrowprops={"arrowstyle": "->"},
)
ax.set(xlabel="epoch", ylabel="mean log-loss", ylim=(0, None))
ax.legend()
