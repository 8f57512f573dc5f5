"""Trains a few small models and keeps the curves that their training logs.

    .venv/mlflow3/bin/python benches/curves/train.py

`runledger-codecs` measures codecs of points on these files. Every model is trained on a data set that comes with scikit-learn,
from a fixed seed, and writes one CSV: `step,timestamp` and then its metrics, all logged together at each step, the way a training
loop calls `mlflow.log_metrics`. Times are those of the training, so they differ from run to run.
"""

import csv
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
SEED = 7


class Log:
    """Takes the metrics of one training, a dictionary a step."""

    def __init__(self, name):
        self.name, self.rows = name, []

    def add(self, step, **metrics):
        self.rows.append({"step": step, "timestamp": time.time_ns() // 1_000_000, **metrics})

    def write(self):
        with (HERE / f"{self.name}.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, self.rows[0].keys(), lineterminator="\n")
            table.writeheader()
            # `repr` of a Python float is exact; of a NumPy one it is not a number.
            table.writerows({key: repr(np.asarray(value).item()) for key, value in row.items()} for row in self.rows)
        print(f"{self.name}: {len(self.rows)} steps")


def scaled(load, dtype):
    """Train and test parts of a data set, each column with mean 0 and variance 1."""
    data = load()
    parts = train_test_split(data.data, data.target, test_size=0.25, random_state=SEED)
    scaler = StandardScaler().fit(parts[0])
    return scaler.transform(parts[0]).astype(dtype), scaler.transform(parts[1]).astype(dtype), parts[2], parts[3]


def network(steps=1500, batch=64, hidden=64):
    """A network of one hidden layer on handwritten digits, in single precision as on a GPU: what a step logs is `float32`."""
    train, test, labels, test_labels = scaled(load_digits, np.float32)
    random = np.random.default_rng(SEED)
    shapes = [(train.shape[1], hidden), (hidden,), (hidden, 10), (10,)]
    weights = [random.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]
    momenta = [np.zeros_like(weight) for weight in weights]
    log = Log("network")
    for step in range(steps):
        rate = np.float32(0.05 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        picked = random.integers(0, len(train), batch)
        x, y = train[picked], labels[picked]
        active = np.maximum(x @ weights[0] + weights[1], 0)
        scores = active @ weights[2] + weights[3]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = scores / scores.sum(axis=1, keepdims=True)
        loss = -np.log(shares[np.arange(batch), y] + 1e-9).mean()
        back = shares.copy()
        back[np.arange(batch), y] -= 1
        back /= batch
        inner = (back @ weights[2].T) * (active > 0)
        gradients = [x.T @ inner, inner.sum(axis=0), active.T @ back, back.sum(axis=0)]
        norm = np.sqrt(sum(np.square(gradient).sum() for gradient in gradients))
        for weight, momentum, gradient in zip(weights, momenta, gradients, strict=True):
            momentum *= np.float32(0.9)
            momentum += gradient
            weight -= rate * momentum
        tested = np.maximum(test @ weights[0] + weights[1], 0) @ weights[2] + weights[3]
        correct = (tested.argmax(axis=1) == test_labels).mean()
        log.add(step, loss=loss, grad_norm=norm, learning_rate=rate, test_accuracy=correct)
    log.write()


def logistic(epochs=1000):
    """Logistic regression on tumours by stochastic gradient descent, in double precision."""
    train, test, labels, test_labels = scaled(load_breast_cancer, np.float64)
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=1e-4, random_state=SEED)
    log = Log("logistic")
    for epoch in range(epochs):
        model.partial_fit(train, labels, classes=[0, 1])
        log.add(
            epoch,
            train_loss=log_loss(labels, model.predict_proba(train)),
            test_loss=log_loss(test_labels, model.predict_proba(test)),
            test_accuracy=model.score(test, test_labels),
            weight_norm=np.linalg.norm(model.coef_),
        )
    log.write()


def boosting(trees=1000):
    """Gradient boosting on the course of diabetes: a loss that only falls, and one of a test that turns."""
    train, test, target, test_target = scaled(load_diabetes, np.float64)
    model = GradientBoostingRegressor(n_estimators=trees, subsample=0.5, learning_rate=0.02, random_state=SEED)
    model.fit(train, target)
    log = Log("boosting")
    for tree, predicted in enumerate(model.staged_predict(test)):
        error = np.square(predicted - test_target).mean()
        log.add(tree, train_loss=model.train_score_[tree], test_loss=error, improvement=model.oob_improvement_[tree])
    log.write()


if __name__ == "__main__":
    network()
    logistic()
    boosting()
