"""Small models of every shape, made at random: nested, crossed, vector-valued, weighted."""

from __future__ import annotations

import numpy as np

from science.mixed.grouping import Term
from science.mixed.sample import Sample, sample_of


def term(group: str, codes: np.ndarray, *columns: np.ndarray) -> Term:
    Z = np.column_stack(columns)
    present, inverse = np.unique(codes, return_inverse=True)
    return Term(group, tuple(f"z{i}" for i in range(Z.shape[1])), inverse, tuple(map(str, present)), Z)


def sample(shape: str, seed: int = 0, n: int = 90) -> Sample:
    rng = np.random.default_rng(seed)
    one, x = np.ones(n), rng.normal(size=n)
    a, b, c = rng.integers(0, 4, n), rng.integers(0, 5, n), rng.integers(0, 11, n)
    terms = {
        "single": [term("c", c, one)],
        "slope": [term("c", c, one, x)],
        "uncorrelated": [term("c", c, one), term("c", c, x)],
        "nested": [term("a", a, one), term("a:b", 5 * a + b, one)],
        "nested slopes": [term("a", a, one, x), term("a:b", 5 * a + b, one, x), term("a:b:c", 55 * a + 11 * b + c % 2, one)],
        "crossed small": [term("c", c, one), term("b", b, one), term("a", a, one)],
        "crossed": [term("d", 11 * b + c, one), term("c", c, one), term("e", 3 * a + c % 3, one)],
        "crossed slopes": [term("c", c, one, x), term("b", b, one, x), term("a", a, one)],
    }[shape.removesuffix(" weighted")]
    weights = rng.uniform(0.2, 3.0, n) if shape.endswith("weighted") else None
    X = np.column_stack([one, x, x**2])
    y = X @ np.array([1.0, 2.0, -1.0]) + 0.8 * c % 3 + 0.5 * a + rng.normal(size=n)
    return sample_of(y, X, terms, weights)


SHAPES = [
    "single",
    "slope",
    "uncorrelated",
    "nested",
    "nested slopes",
    "crossed small",
    "crossed",
    "crossed slopes",
    "slope weighted",
    "nested slopes weighted",
    "crossed small weighted",
    "crossed slopes weighted",
]


def random_theta(pattern, seed: int = 1) -> np.ndarray:
    return pattern.identity() + 0.3 * np.random.default_rng(seed).normal(size=pattern.length)
