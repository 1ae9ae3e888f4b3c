"""Kenward and Roger's (1997) adjusted covariance and degrees of freedom, as pbkrtest (Halekoh and Højsgaard 2014).

V^-1 = (I - Z M Z') / sigma^2 with M of the order of the effects, so every trace is over matrices of that order: batches
of (q, q) for one factor, one matrix for several. P = I - Z M Z' below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.limits import Limits
from science.mixed.bases import whitened
from science.mixed.batch import cross_products
from science.mixed.crossed import indicator
from science.mixed.estimate import Estimate
from science.mixed.grouping import Grouping
from science.mixed.sample import Sample, weighted
from science.table import FloatArray, IntArray

NO_MOMENT = 1e-10  # as in pbkrtest
NOTHING = 1e-8  # of a ratio of two zeros, which balanced data with two degrees of freedom give; pbkrtest's 1e-14 is rounding
NEAR_TWO = 1e-2  # degrees of freedom for which the F distribution has no mean to scale, as in pbkrtest
LEAST_INFORMATION = 1e-10  # of the largest: directions that carry less are left out, as in pbkrtest


@dataclass(frozen=True)
class KenwardRoger:
    """Phi, P and W as in pbkrtest, in units of sigma^2: the plain covariance (k, k), its changes with the variances, and
    the covariance of those."""

    covariance: FloatArray  # (k, k), adjusted
    df: FloatArray  # (k,)
    Phi: FloatArray
    P: tuple[FloatArray, ...]
    W: FloatArray


@dataclass(frozen=True)
class Parameter:
    """A variance or covariance: which columns of Z it puts together (equal ones for a variance)."""

    one: IntArray
    other: IntArray

    def after(self, left: FloatArray) -> FloatArray:
        """Return left E, E the derivative of the effects' covariance in this parameter. left: (..., N)."""
        product = np.zeros_like(left)
        product[..., self.other] = left[..., self.one]
        if self.one[0] != self.other[0]:
            product[..., self.one] = left[..., self.other]
        return product


@dataclass(frozen=True)
class Clusters:
    """Independent parts of the model, (C, N, N) and (C, N, k): C is the number of levels of a single factor, else 1."""

    A: FloatArray  # Z'Z
    B: FloatArray  # Z'X
    M: FloatArray
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Traces:
    """Of P and the derivatives of V, the residual's last; without the powers of sigma^2."""

    first: list[FloatArray]  # X'P G_r P X
    second: list[list[FloatArray]]  # X'P G_r P G_s P X
    both: FloatArray  # tr(P G_r P G_s)


def kenward_roger(estimate: Estimate, sample: Sample, limits: Limits) -> KenwardRoger:
    """Return the adjusted covariance and the degrees of freedom of each fixed effect, for a REML estimate.

    Raises LimitExceeded for several factors with too many effects together.
    """
    rows = weighted(sample)
    X = rows.X[:, estimate.prepared.scaling.kept]
    groupings, _ = whitened(rows.groupings)
    clusters = _clusters(estimate, groupings, X, limits)
    traces = _traces(clusters, X.T @ X, sample.rows)
    Phi = estimate.covariance / estimate.sigma2  # in units of sigma^2 no power of it can overflow
    P = [-part for part in traces.first]
    Q = traces.second
    count = range(len(P))
    information = np.array(
        [[traces.both[r, s] - 2.0 * np.sum(Phi * Q[r][s]) + np.sum((Phi @ P[r]) * (P[s] @ Phi)) for s in count] for r in count]
    )
    W = 2.0 * _inverted(information)
    U = sum((W[r, s] * (Q[r][s] - P[r] @ Phi @ P[s]) for r in count for s in count), np.zeros_like(Phi))
    adjusted = Phi + 2.0 * Phi @ U @ Phi
    covariance = 0.5 * estimate.sigma2 * (adjusted + adjusted.T)
    return KenwardRoger(covariance, _degrees(Phi, P, W), Phi, tuple(P), W)


def contest(adjusted: KenwardRoger, beta: FloatArray, L: FloatArray) -> tuple[float, float, float]:
    """Return the F statistic of L beta = 0, its scale and its denominator degrees of freedom. L: (q, k) of full rank."""
    q = len(L)
    Theta = L.T @ np.linalg.solve(L @ adjusted.Phi @ L.T, L)
    parts = [Theta @ adjusted.Phi @ P @ adjusted.Phi for P in adjusted.P]
    traces = np.array([np.trace(part) for part in parts])
    A1 = float(traces @ adjusted.W @ traces)
    A2 = float(sum(adjusted.W[r, s] * np.sum(one * other.T) for r, one in enumerate(parts) for s, other in enumerate(parts)))
    scale, df = _two_moments(q, A1, A2)
    estimate = L @ beta
    return float(estimate @ np.linalg.solve(L @ adjusted.covariance @ L.T, estimate)) / q, scale, df


def _two_moments(q: int, A1: float, A2: float) -> tuple[float, float]:
    """Match the mean and the variance of the F statistic (Kenward and Roger 1997). Returns its scale and degrees of freedom."""
    if A2 <= 0.0:
        return 1.0, float("inf")
    if q == 1:
        return 1.0, 2.0 / A2
    B = (A1 + 6.0 * A2) / (2.0 * q)
    g = ((q + 1.0) * A1 - (q + 4.0) * A2) / ((q + 2.0) * A2)
    c1, c2, c3 = (part / (3.0 * q + 2.0 * (1.0 - g)) for part in (g, q - g, q + 2.0 - g))
    V0, V1, V2 = 1.0 + c1 * B, 1.0 - c2 * B, 1.0 - c3 * B
    ratio = 1.0 if abs(V1) < NOTHING and abs(1.0 - A2 / q) < NOTHING else (1.0 - A2 / q) / V1
    rho = ratio**2 * (0.0 if abs(V0) < NO_MOMENT else V0) / (q * V2)
    df = 4.0 + (q + 2.0) / (q * rho - 1.0)
    return (1.0 if abs(df - 2.0) < NEAR_TWO else df * (1.0 - A2 / q) / (df - 2.0)), df


def _clusters(estimate: Estimate, groupings: Sequence[Grouping], X: FloatArray, limits: Limits) -> Clusters:
    lambdas = estimate.evaluation.factor.lambdas
    if len(groupings) == 1:
        (grouping,), count = groupings, len(groupings[0].levels)
        A = cross_products(grouping.codes, count, grouping.Z, grouping.Z)
        B = cross_products(grouping.codes, count, grouping.Z, X)
        Lambda = lambdas[0]
    else:
        effects = sum(grouping.effects for grouping in groupings)
        what = f"Kenward and Roger's degrees of freedom are asked for a model of {effects} effects of crossed or nested factors"
        limits.check("max_crossed_effects", effects, what, field="df")
        Z = [indicator(grouping) for grouping in groupings]
        A = np.block([[(one.T @ other).toarray() for other in Z] for one in Z])[None]
        B = np.vstack([one.T @ X for one in Z])[None]
        Lambda = _block_diagonal(groupings, lambdas)
    K = Lambda.T @ A @ Lambda + np.eye(len(Lambda))
    M = Lambda @ np.linalg.solve(K, np.broadcast_to(Lambda.T, K.shape))
    return Clusters(A, B, M, tuple(_parameters(estimate, groupings)))


def _block_diagonal(groupings: Sequence[Grouping], lambdas: Sequence[FloatArray]) -> FloatArray:
    size = sum(grouping.effects for grouping in groupings)
    whole = np.zeros((size, size))
    position = 0
    for grouping, Lambda in zip(groupings, lambdas, strict=True):
        end = position + grouping.effects
        whole[position:end, position:end] = np.kron(np.eye(len(grouping.levels)), Lambda)
        position = end
    return whole


def _parameters(estimate: Estimate, groupings: Sequence[Grouping]) -> list[Parameter]:
    levels = [1] if len(groupings) == 1 else [len(grouping.levels) for grouping in groupings]
    widths = [grouping.width for grouping in groupings]
    starts = np.cumsum([0, *(count * width for count, width in zip(levels, widths, strict=True))])
    found = []
    for place in estimate.criterion.pattern.places:
        which = place.grouping
        columns = starts[which] + place.start + widths[which] * np.arange(levels[which])
        found += [Parameter(columns + a, columns + b) for a in range(place.size) for b in range(a + 1)]
    return found


def _traces(clusters: Clusters, XX: FloatArray, rows: int) -> Traces:
    A, B, M = clusters.A, clusters.B, clusters.M
    rest = np.eye(A.shape[1]) - A @ M
    ZPZ, ZPX = rest @ A, rest @ B
    C2 = M @ (B + ZPX)
    ZP2X = B - A @ C2
    C3 = C2 + M @ ZP2X
    ZP2Z = ZPZ @ rest.transpose(0, 2, 1)
    XPZ, XP2Z = ZPX.transpose(0, 2, 1), ZP2X.transpose(0, 2, 1)
    touched = [parameter.after(XPZ) for parameter in clusters.parameters]
    crossed = [parameter.after(ZPZ) for parameter in clusters.parameters]
    first = [(one @ ZPX).sum(0) for one in touched]
    second = [[(one @ ZPZ @ other.transpose(0, 2, 1)).sum(0) for other in touched] for one in touched]
    with_residual = [(one @ XP2Z.transpose(0, 2, 1)).sum(0) for one in touched]
    count = len(touched)
    both = np.empty((count + 1, count + 1))
    for r in range(count):
        for s in range(count):
            both[r, s] = np.sum(crossed[r] * crossed[s].transpose(0, 2, 1))
        both[r, -1] = both[-1, r] = np.trace(clusters.parameters[r].after(ZP2Z), axis1=1, axis2=2).sum()
    MA = M @ A
    both[-1, -1] = rows - 2.0 * np.trace(MA, axis1=1, axis2=2).sum() + np.sum(MA * MA.transpose(0, 2, 1))
    BT = B.transpose(0, 2, 1)
    squared, cubed = XX - (BT @ C2).sum(0), XX - (BT @ C3).sum(0)
    whole = [[*row, aside] for row, aside in zip(second, with_residual, strict=True)]
    return Traces([*first, squared], [*whole, [*(aside.T for aside in with_residual), cubed]], both)


def _inverted(information: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(0.5 * (information + information.T))
    kept = values > LEAST_INFORMATION * values[-1]
    inverted: FloatArray = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverted


def _degrees(Phi: FloatArray, P: list[FloatArray], W: FloatArray) -> FloatArray:
    """Return those of each coefficient: with one numerator degree A1 = A2, and matching the moments gives 2 / A2."""
    shares = np.array([(Phi @ part @ Phi).diagonal() / Phi.diagonal() for part in P])  # (parameters, k)
    with np.errstate(divide="ignore"):
        df: FloatArray = 2.0 / np.maximum(np.einsum("rk,rs,sk->k", shares, W, shares), 0.0)
    return df
