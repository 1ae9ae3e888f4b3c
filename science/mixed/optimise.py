"""Minimise the criterion over theta: BFGS from the expected information, then Newton steps until the gradient vanishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.deadline import Deadline
from science.mixed.batch import inverse, product
from science.mixed.criterion import Criterion, Evaluation
from science.table import FloatArray

MOST_STEPS = 200
ARMIJO = 1e-4
FLAT = 1e-6  # of the gradient


@dataclass
class Search:
    """A point on the way down, counting what it cost."""

    criterion: Criterion
    deadline: Deadline
    evaluations: int = 0
    gradients: int = 0

    def at(self, theta: FloatArray) -> Evaluation | None:
        self.deadline.check()
        self.evaluations += 1
        try:
            return self.criterion.at(theta)
        except np.linalg.LinAlgError:
            return None

    def gradient(self, point: Evaluation) -> FloatArray:
        self.gradients += 1
        return self.criterion.gradient(point)


def information(criterion: Criterion, theta: FloatArray) -> FloatArray:
    pattern = criterion.pattern
    n = pattern.length
    I = np.zeros((n, n))
    t = np.zeros(n)
    lambdas = pattern.lambdas(theta)
    for (part, index), A, Lambda in zip(pattern.flat, criterion.system.own_blocks(), lambdas, strict=True):
        q = len(Lambda)
        Kinv, _ = inverse(product(Lambda.T, product(A, Lambda)) + np.eye(q))
        M = product(product(Lambda, Kinv), Lambda.T)
        At = A - product(A, product(M, A))
        P = []
        for k in index:
            E = np.zeros((q, q)); E.flat[k] = 1.0
            G = E @ Lambda.T; G = G + G.T
            P.append(product(At, np.broadcast_to(G, At.shape) if q > 1 else G))
        P = np.array(P)
        I[part, part] = np.einsum("ajxy,bjyx->ab", P, P, optimize=True)
        t[part] = np.einsum("ajxx->a", P)
    return I - np.outer(t, t) / criterion.degrees


def bfgs(search: Search, start: FloatArray):
    point = search.at(start)
    g = search.gradient(point)
    I = information(search.criterion, start)
    w, V = np.linalg.eigh(I)
    w = np.maximum(w, 1e-3 * max(w.max(), 1e-3))
    W = (V / w) @ V.T
    trace = [(point.value, np.abs(g).max())]
    for step in range(MOST_STEPS):
        if np.abs(g).max() < FLAT:
            break
        d = -W @ g
        slope = g @ d
        t = 1.0
        # limit the step
        while True:
            trial = search.at(point.theta + t * d)
            if trial is not None and trial.value <= point.value + ARMIJO * t * slope + 1e-12 * abs(point.value):
                break
            t *= 0.5 if trial is None else max(0.1, min(0.5, -slope * t / (2 * (trial.value - point.value - slope * t))))
            if t < 1e-10:
                return point, g, trace
        g1 = search.gradient(trial)
        s, y = trial.theta - point.theta, g1 - g
        sy = s @ y
        if sy > 1e-10 * np.linalg.norm(s) * np.linalg.norm(y):
            rho = 1.0 / sy
            A = np.eye(len(s)) - rho * np.outer(s, y)
            W = A @ W @ A.T + rho * np.outer(s, s)
        point, g = trial, g1
        trace.append((point.value, np.abs(g).max()))
    return point, g, trace
