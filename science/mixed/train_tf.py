"""The fit for given variances and the loops over variances in TensorFlow: automatic derivatives in place of factorisations.

For jobs and for teaching: it agrees with science.mixed.solve and science.mixed.loops, which are faster and need no
TensorFlow. Nothing that serves requests imports this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.mixed.grouping import Grouping
from science.mixed.sample import Sample
from science.table import FloatArray

MOST_EFFECTS = 2_000  # the Hessian is dense
METHODS = ("mackay", "em")
VANISHED = 1e-12  # of the variance at the start: a loop that has come so far walks to zero, where nothing can be inverted


@cache
def model_class() -> Any:
    """Return the tf.Module of a mixed model; TensorFlow is imported here, late, because it takes seconds and 600 MB."""
    import tensorflow as tf  # late: see above

    class MixedModel(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
        """Fixed effects beta (p,) and random effects u (J, q) of each factor, one vector, for given variances."""

        def __init__(self, sample: Sample) -> None:
            super().__init__()
            weights = np.ones(sample.rows) if sample.weights is None else sample.weights
            self.y, self.X = tf.constant(sample.y), tf.constant(sample.X)
            self.root_weights = tf.constant(np.sqrt(weights))
            self.Z = [tf.constant(grouping.Z) for grouping in sample.groupings]
            self.codes = [tf.constant(grouping.codes) for grouping in sample.groupings]
            self.shapes = [(len(grouping.levels), grouping.width) for grouping in sample.groupings]
            self.size = sample.X.shape[1] + sum(grouping.effects for grouping in sample.groupings)
            self.effects = tf.Variable(tf.zeros(self.size, tf.float64))

        def parts(self, effects: Any) -> tuple[Any, list[Any]]:
            """Cut the vector of all effects into beta and the u of each factor."""
            position = int(self.X.shape[1])
            beta, u = effects[:position], []
            for J, q in self.shapes:
                u.append(tf.reshape(effects[position : position + J * q], (J, q)))
                position += J * q
            return beta, u

        def residual(self, effects: Any) -> Any:
            beta, u = self.parts(effects)
            fitted = tf.linalg.matvec(self.X, beta)
            for Z, codes, one in zip(self.Z, self.codes, u, strict=True):
                fitted += tf.reduce_sum(Z * tf.gather(one, codes), axis=1)
            return self.root_weights * (self.y - fitted)

        def loss(self, effects: Any, covariances: list[Any], sigma2: Any) -> Any:
            """Return half of minus twice the log posterior density of the effects, constants left out."""
            _, u = self.parts(effects)
            penalty = sum(tf.reduce_sum((one @ tf.linalg.inv(G)) * one) for one, G in zip(u, covariances, strict=True))
            return 0.5 * (tf.reduce_sum(self.residual(effects) ** 2) / sigma2 + penalty)

        @tf.function  # type: ignore[untyped-decorator]
        def newton(self, covariances: list[Any], sigma2: Any) -> tuple[Any, Any]:
            """Return the step to the minimum of the loss, which is quadratic, and the inverse Hessian."""
            with tf.GradientTape() as outer:
                with tf.GradientTape() as inner:
                    loss = self.loss(self.effects, covariances, sigma2)
                gradient = inner.gradient(loss, self.effects)
            L = tf.linalg.cholesky(outer.jacobian(gradient, self.effects))
            step = tf.linalg.cholesky_solve(L, gradient[:, None])[:, 0]
            return step, tf.linalg.cholesky_solve(L, tf.eye(self.size, dtype=tf.float64))

        def solve(self, covariances: Sequence[FloatArray], sigma2: float) -> FloatArray:
            """Go to the effects that minimise the loss and return their posterior covariance."""
            given = [tf.constant(G, tf.float64) for G in covariances]
            step, covariance = self.newton(given, tf.constant(sigma2, tf.float64))
            self.effects.assign_sub(step)
            result: FloatArray = covariance.numpy()
            return result

        def residual_squares(self) -> float:
            return float(tf.reduce_sum(self.residual(self.effects) ** 2))

    return MixedModel


@dataclass(frozen=True)
class Effects:
    """Fixed effects (p,) and random effects (J, q) of each factor."""

    beta: FloatArray
    u: tuple[FloatArray, ...]


def effects_given(sample: Sample, covariances: Sequence[FloatArray], sigma2: float) -> Effects:
    """Predict fixed and random effects for given variances. covariances: (q, q) per factor, positive definite."""
    model = _model(sample)
    model.solve(covariances, sigma2)
    return _effects(model)


def loop(
    sample: Sample, method: str, start: tuple[Sequence[FloatArray], float], steps: int, deadline: Deadline
) -> tuple[FloatArray, Effects]:
    """Iterate `mackay` or `em` from the start's variances.

    Returns the trace (steps + 1, m), the lower triangles of the factors' covariances by columns and the residual variance,
    and the effects at the last variances solved for. Terms of one factor share a full covariance only if they are one term.
    The trace is shorter where a variance vanishes.
    """
    if method not in METHODS:
        raise InvalidInput(f"the TensorFlow version knows {' and '.join(METHODS)}", field="method")
    model, groupings = _model(sample), sample.groupings
    covariances, sigma2 = [np.array(G) for G in start[0]], float(start[1])
    rows, least = [_row(covariances, sigma2)], [VANISHED * _smallest(G) for G in covariances]
    for _ in range(steps):
        deadline.check()
        if any(_smallest(G) < bound for G, bound in zip(covariances, least, strict=True)):
            break
        posterior = model.solve(covariances, sigma2)
        covariances, sigma2 = _updated(method, model, groupings, posterior, covariances, sigma2)
        rows.append(_row(covariances, sigma2))
    return np.array(rows), _effects(model)


def _model(sample: Sample) -> Any:
    effects = sample.X.shape[1] + sum(grouping.effects for grouping in sample.groupings)
    if effects > MOST_EFFECTS:
        raise InvalidInput(f"the TensorFlow version takes at most {MOST_EFFECTS} effects, here are {effects}", field="formula")
    return model_class()(sample)


def _updated(
    method: str,
    model: Any,
    groupings: Sequence[Grouping],
    posterior: FloatArray,
    covariances: Sequence[FloatArray],
    sigma2: float,
) -> tuple[list[FloatArray], float]:
    squares = model.residual_squares()
    rows, position = int(model.y.shape[0]), int(model.X.shape[1])
    hat = float(model.size)
    updated = []
    for grouping, u, G in zip(groupings, _effects(model).u, covariances, strict=True):
        J, q = u.shape
        own = posterior[position : position + J * q, position : position + J * q].reshape(J, q, J, q)
        T = own[np.arange(J), :, np.arange(J), :].sum(0)
        hat -= float(np.sum(np.linalg.inv(G) * T))
        centred = u - u.mean(0)
        new = centred.T @ centred / max(J - 1, 1) if method == "mackay" else (u.T @ u + T) / J
        updated.append(np.where(_blocks(grouping), new, 0.0))
        position += J * q
    residual = squares / (rows - hat) if method == "mackay" else (squares + sigma2 * hat) / rows
    return updated, residual


def _smallest(G: FloatArray) -> float:
    return float(np.linalg.eigvalsh(G)[0])


def _blocks(grouping: Grouping) -> FloatArray:
    term = np.repeat(np.arange(len(grouping.sizes)), grouping.sizes)
    blocks: FloatArray = term[:, None] == term
    return blocks


def _row(covariances: Sequence[FloatArray], sigma2: float) -> list[float]:
    return [*(value for G in covariances for value in G.T[np.triu_indices(len(G))].tolist()), sigma2]


def _effects(model: Any) -> Effects:
    beta, u = model.parts(model.effects)
    return Effects(beta.numpy(), tuple(one.numpy() for one in u))
