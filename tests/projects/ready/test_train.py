import numpy as np

import train


def test_separable_classes_are_told_apart():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 20)
    x = rng.normal(scale=0.1, size=(60, 4)) + np.eye(3, 4)[y]
    weights = train.train(x, y, 3, 300, 0.5, rng)
    assert (train.probabilities(x, weights).argmax(axis=1) == y).all()
