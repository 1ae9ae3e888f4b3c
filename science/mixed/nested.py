"""Factors nested one in another (or a single one): frontal elimination from the innermost to the root.

A row belongs to one level of each factor, so eliminating the effects of an inner level touches only those of the level
around it: all blocks stay small and go in batches, whatever the number of levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import sparse

from science.mixed.batch import block_diagonal, block_rows, bordered, cross_products, inverse, product, transposed
from science.mixed.grouping import Grouping
from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Stage:
    """One factor: its levels in an order that keeps the children of an outer level together."""

    order: IntArray  # (J,) the original code of each level here
    A: FloatArray  # (J, q, q) Z'Z per level
    D: FloatArray  # (J, q, m) Z'[Z of the outer factors, X, y]
    starts: IntArray | None  # (J of the next stage,) first child of each outer level; None for the outermost
    parent: IntArray | None  # (J,) the outer level of each level here


@dataclass(frozen=True)
class Eliminated:
    """A stage after elimination at one Lambda."""

    A: FloatArray
    D: FloatArray
    LK: FloatArray  # Lambda K^-1
    M: FloatArray  # Lambda K^-1 Lambda'


@dataclass(frozen=True)
class NestedFactor:
    """The factorisation at one theta. Q: (p + 1, p + 1), [X y]'V0^-1[X y]."""

    lambdas: tuple[FloatArray, ...]
    stages: tuple[Eliminated, ...]
    log_determinant: float
    Q: FloatArray


@dataclass(frozen=True)
class NestedSystem:
    """The cross-products of a model whose factors are nested; the number of rows appears nowhere."""

    stages: tuple[Stage, ...]
    XX: FloatArray  # (p + 1, p + 1) [X y]'[X y]

    def own_blocks(self) -> list[FloatArray]:
        """Return Z'Z (J, q, q) of each factor."""
        return [stage.A for stage in self.stages]

    def own_products(self) -> list[FloatArray]:
        """Return Z'[X y] (J, q, p + 1) of each factor."""
        p1 = len(self.XX)
        return [stage.D[:, :, -p1:] for stage in self.stages]

    def factorise(self, lambdas: Sequence[FloatArray]) -> NestedFactor:
        """Eliminate all random effects. lambdas: (q, q) per factor."""
        done: list[Eliminated] = []
        total = 0.0
        A, D, Q = self.stages[0].A, self.stages[0].D, self.XX
        pending: FloatArray | None = None
        for number, (stage, Lambda) in enumerate(zip(self.stages, lambdas, strict=True)):
            current, log_determinant = _eliminate(A, D, Lambda)
            done.append(current)
            total += log_determinant
            if stage.starts is None:
                Q = Q - _summed(current, pending)
                break
            below = _sums_by_parent(current, pending, stage.starts)
            following = self.stages[number + 1]
            width = following.A.shape[1]
            A = following.A - below[:, :width, :width]
            D = following.D - below[:, :width, width:]
            pending = below[:, width:, width:]
        return NestedFactor(tuple(lambdas), tuple(done), total, Q)

    def gradient(self, factor: NestedFactor, H: FloatArray) -> list[FloatArray]:
        """Return the gradient in each Lambda of log|K| + a function of Q whose gradient in Q is H (symmetric)."""
        return [_lambda_gradient(current, Gamma) for current, _, Gamma in reversed(self._descent(factor, H))]

    def covariance(self, factor: NestedFactor, H: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return, per factor, the blocks (J, q, q) of the effects' relative covariance and those (J, q, p) with beta.

        H: (p + 1, p + 1), the relative covariance of beta in its first p rows and columns, or zeros to take beta as known.
        """
        p = len(H) - 1
        blocks = []
        for (current, GD, Gamma), stage in zip(self._descent(factor, H), reversed(self.stages), strict=True):
            own = current.M + product(product(current.M, Gamma), current.M)
            with_beta = -product(current.M, GD)[:, :, -(p + 1) : -1]
            blocks.append((_restored(own, stage.order), _restored(with_beta, stage.order)))
        return blocks[::-1]

    def effects(self, factor: NestedFactor, beta: FloatArray) -> list[FloatArray]:
        """Return the conditional modes (J, q) per factor, given beta, in the units of y."""
        known = np.append(-beta, 1.0)[None, :, None]
        modes = []
        for current, stage in zip(reversed(factor.stages), reversed(self.stages), strict=True):
            around = known if stage.parent is None else known[stage.parent]
            own = product(current.M, current.D @ around)
            modes.append(_restored(own[:, :, 0], stage.order))
            known = np.concatenate([-own, np.broadcast_to(around, (len(own), *around.shape[1:]))], axis=1)
        return modes[::-1]

    def quadratic(self, factor: NestedFactor, loadings: Sequence[sparse.csr_matrix], x: FloatArray) -> FloatArray:
        """Return c'C c for m combinations c of effects and fixed effects, C their relative covariance given y.

        loadings: (J q, m) per factor, the columns of a level side by side. x: (p, m).
        """
        p = len(x)
        rest = [loading[_rows_of(stage, loading.shape[0])] for stage, loading in zip(self.stages, loadings, strict=True)]
        total = np.zeros(x.shape[1])
        for number, current in enumerate(factor.stages):
            weighted = block_diagonal(current.M) @ rest[number]
            total += np.asarray(rest[number].multiply(weighted).sum(0)).ravel()
            ancestor, column = np.arange(len(current.M)), 0
            for outer in range(number + 1, len(self.stages)):
                parent = self.stages[outer - 1].parent
                assert parent is not None
                ancestor, width = parent[ancestor], self.stages[outer].A.shape[1]
                link = block_rows(current.D[:, :, column : column + width], ancestor, len(self.stages[outer].A))
                rest[outer] = rest[outer] - link.T @ weighted
                column += width
            DX = current.D[:, :, column : column + p].reshape(weighted.shape[0], p)
            x = x - (weighted.T @ DX).T
        return total + (x * np.linalg.solve(factor.Q[:p, :p], x)).sum(0)

    def with_response(self, ZY: Sequence[FloatArray], XY: FloatArray) -> NestedSystem:
        """Put another response in. ZY: (J, q) per factor; XY: (p + 1,) [X y]'y."""
        stages = []
        for stage, column in zip(self.stages, ZY, strict=True):
            D = stage.D.copy()
            D[:, :, -1] = column[stage.order]
            stages.append(replace(stage, D=D))
        return NestedSystem(tuple(stages), bordered(self.XX, XY))

    def _descent(self, factor: NestedFactor, H: FloatArray) -> list[tuple[Eliminated, FloatArray, FloatArray]]:
        """Carry the gradient G from the root down: per stage (outermost first) D G and D G D' of each level."""
        visited = []
        G = H[None]
        for current, stage in zip(reversed(factor.stages), reversed(self.stages), strict=True):
            if stage.parent is None:
                J, q, m = current.D.shape
                GD = (current.D.reshape(J * q, m) @ H).reshape(J, q, m)
            else:
                G = G[stage.parent]
                GD = current.D @ G
            Gamma = (GD * current.D).sum(2)[:, :, None] if GD.shape[1] == 1 else GD @ transposed(current.D)
            visited.append((current, GD, Gamma))
            if stage is not self.stages[0]:
                G = _frontal(current, GD, Gamma, G)
        return visited


def nested_system(groupings: Sequence[Grouping], XY: FloatArray) -> NestedSystem | None:
    """Gather the cross-products, or return None when the factors are not nested each in the next one.

    groupings: innermost (most levels) first. XY: (n, p + 1).
    """
    parents = []
    for inner, outer in pairwise(groupings):
        parent = np.zeros(len(inner.levels), dtype=np.intp)
        parent[inner.codes] = outer.codes
        if not np.array_equal(parent[inner.codes], outer.codes):
            return None
        parents.append(parent)
    return NestedSystem(_stages(groupings, parents, XY), XY.T @ XY)


def _stages(groupings: Sequence[Grouping], parents: list[IntArray], XY: FloatArray) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    around = XY
    position = np.empty(0, dtype=np.intp)  # of each original code of the outer factor
    for number in range(len(groupings) - 1, -1, -1):
        grouping = groupings[number]
        count = len(grouping.levels)
        starts = parent = None
        order = np.arange(count)
        if number < len(parents):
            outer = position[parents[number]]
            order = np.argsort(outer, kind="stable")
            parent = outer[order]
            starts = np.searchsorted(parent, np.arange(len(position)))
        position = np.empty(count, dtype=np.intp)
        position[order] = np.arange(count)
        A = cross_products(grouping.codes, count, grouping.Z, grouping.Z)[order]
        D = cross_products(grouping.codes, count, grouping.Z, around)[order]
        stages.append(Stage(order, A, D, starts, parent))
        if number:
            around = np.hstack([grouping.Z, around])
    return tuple(reversed(stages))


def _eliminate(A: FloatArray, D: FloatArray, Lambda: FloatArray) -> tuple[Eliminated, float]:
    inverted, log_determinant = inverse(product(Lambda.T, product(A, Lambda)) + np.eye(len(Lambda)))
    LK = product(Lambda, inverted)
    return Eliminated(A, D, LK, product(LK, Lambda.T)), log_determinant


def _summed(current: Eliminated, pending: FloatArray | None) -> FloatArray:
    J, q, m = current.D.shape
    sums: FloatArray = current.D.reshape(J * q, m).T @ product(current.M, current.D).reshape(J * q, m)
    return sums if pending is None else sums + pending.sum(0)


def _sums_by_parent(current: Eliminated, pending: FloatArray | None, starts: IntArray) -> FloatArray:
    """Sum D'M D (and what the inner stages left) over the children of each outer level. Returns (outer J, m, m)."""
    each = transposed(current.D) @ product(current.M, current.D)
    if pending is not None:
        each = each + pending
    sums: FloatArray = np.add.reduceat(each, starts, axis=0)
    return sums


def _lambda_gradient(current: Eliminated, Gamma: FloatArray) -> FloatArray:
    ALK = product(current.A, current.LK)
    lost = product(Gamma, current.LK)
    lost = lost - product(current.A, product(current.M, lost))
    gradient: FloatArray = 2.0 * (ALK - lost).sum(0)
    return gradient


def _frontal(current: Eliminated, GD: FloatArray, Gamma: FloatArray, G: FloatArray) -> FloatArray:
    own = current.M + product(product(current.M, Gamma), current.M)
    aside = -product(current.M, GD)
    G = np.broadcast_to(G, (len(own), *G.shape[1:]))
    top = np.concatenate([own, aside], axis=2)
    return np.concatenate([top, np.concatenate([transposed(aside), G], axis=2)], axis=1)


def _rows_of(stage: Stage, rows: int) -> IntArray:
    width = rows // len(stage.order)
    found: IntArray = (stage.order[:, None] * width + np.arange(width)).ravel()
    return found


def _restored(values: FloatArray, order: IntArray) -> FloatArray:
    restored = np.empty_like(values)
    restored[order] = values
    return restored
