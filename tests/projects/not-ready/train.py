"""Trains a softmax regression that tells penguin species by their measures."""

import argparse
import csv
import json
import pathlib

import numpy as np
from tqdm import trange

HERE = pathlib.Path(__file__).parent
MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def read(path):
    """Measures, standardised, as rows; species as numbers; the names of the species."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "NA" not in (row[name] for name in MEASURES)]
    names = sorted({row["species"] for row in rows})
    x = np.array([[float(row[name]) for name in MEASURES] for row in rows])
    y = np.array([names.index(row["species"]) for row in rows])
    return (x - x.mean(axis=0)) / x.std(axis=0), y, names


def probabilities(x, weights):
    scores = np.c_[x, np.ones(len(x))] @ weights
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def train(x, y, classes, steps, rate, rng):
    weights = rng.normal(scale=0.01, size=(x.shape[1] + 1, classes))
    wanted = np.eye(classes)[y]
    for _ in trange(steps, disable=None):
        error = probabilities(x, weights) - wanted
        weights -= rate * np.c_[x, np.ones(len(x))].T @ error / len(x)
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data" / "penguins.csv")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "runs")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rate", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    x, y, names = read(args.data)
    order = rng.permutation(len(x))
    held_out, used = order[: len(x) // 5], order[len(x) // 5 :]
    weights = train(x[used], y[used], len(names), args.steps, args.rate, rng)
    accuracy = float((probabilities(x[held_out], weights).argmax(axis=1) == y[held_out]).mean())

    args.output.mkdir(parents=True, exist_ok=True)
    np.savez(args.output / "model.npz", weights=weights, names=names)
    (args.output / "metrics.json").write_text(json.dumps({"accuracy": accuracy}) + "\n")
    print(f"accuracy on {len(held_out)} penguins held out: {accuracy:.3f}")


if __name__ == "__main__":
    main()
