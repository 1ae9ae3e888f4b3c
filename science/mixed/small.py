"""Crossed factors of few levels, one effect each: a single dense Cholesky factor, in as few calls as it takes.

With some thirty effects a criterion is no arithmetic at all: what it costs is the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from science.mixed.batch import bordered, cross_products
from science.mixed.crossed import all_pairs
from science.mixed.grouping import Grouping
from science.table import FloatArray, IntArray

MOST_EFFECTS = 64  # of all factors: above, eliminating the largest one first takes less time


@dataclass(frozen=True)
class SmallFactor:
    """The factorisation at one theta. Q: (p + 1, p + 1), [X y]'V0^-1[X y]."""

    lambdas: tuple[FloatArray, ...]
    d: FloatArray  # (r,) the diagonal of Lambda
    L: FloatArray  # (r, r) lower Cholesky factor of Lambda' Z'Z Lambda + I
    half: FloatArray  # (r, p + 1) L^-1 Lambda' Z'[X y]
    log_determinant: float
    Q: FloatArray


@dataclass(frozen=True)
class SmallSystem:
    """The cross-products; r is the number of effects of all factors."""

    A: FloatArray  # (r, r) Z'Z
    B: FloatArray  # (r, p + 1) Z'[X y]
    XX: FloatArray  # (p + 1, p + 1)
    parts: tuple[slice, ...]  # where the effects of each factor stand

    @cached_property
    def owner(self) -> IntArray:
        """The factor of each effect (r,)."""
        return np.repeat(np.arange(len(self.parts)), [part.stop - part.start for part in self.parts])

    @cached_property
    def starts(self) -> IntArray:
        return np.array([part.start for part in self.parts])

    def own_blocks(self) -> list[FloatArray]:
        """Return Z'Z (J, 1, 1) of each factor."""
        return [own[:, None, None] for own in self._split(self.A.diagonal())]

    def own_products(self) -> list[FloatArray]:
        """Return Z'[X y] (J, 1, p + 1) of each factor."""
        return [own[:, None, :] for own in self._split(self.B)]

    def factorise(self, lambdas: Sequence[FloatArray]) -> SmallFactor:
        """Eliminate all random effects. lambdas: (1, 1) per factor. Raises LinAlgError when rounding leaves nothing positive."""
        d = np.array([Lambda[0, 0] for Lambda in lambdas])[self.owner]
        K = self.A * d
        K *= d[:, None]
        K.reshape(-1)[:: len(K) + 1] += 1.0
        L, fault = lapack.dpotrf(K, lower=1, clean=1)
        if fault:
            raise np.linalg.LinAlgError("the crossed part is not positive definite")
        half = lapack.dtrtrs(L, self.B * d[:, None], lower=1)[0]
        log_determinant = 2.0 * float(np.log(L.diagonal()).sum())
        return SmallFactor(tuple(lambdas), d, L, half, log_determinant, self.XX - half.T @ half)

    def gradient(self, factor: SmallFactor, H: FloatArray) -> list[FloatArray]:
        """Return the gradient in each Lambda of log|K| + a function of Q whose gradient in Q is H (symmetric)."""
        root = lapack.dtrtri(factor.L, lower=1)[0]
        KLB = root.T @ factor.half
        left = self.B - self.A @ (factor.d[:, None] * KLB)
        entries = (self.A * (root.T @ root)) @ factor.d - ((left @ H) * KLB).sum(1)
        return [2.0 * total for total in np.add.reduceat(entries, self.starts)[:, None, None]]

    def covariance(self, factor: SmallFactor, H: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return, per factor, the blocks (J, 1, 1) of the effects' relative covariance and those (J, 1, p) with beta.

        H: (p + 1, p + 1), the relative covariance of beta in its first p rows and columns, or zeros to take beta as known.
        """
        root = lapack.dtrtri(factor.L, lower=1)[0] * factor.d
        E = root.T @ factor.half
        EH = E @ H
        own, with_beta = (root**2).sum(0) + (EH * E).sum(1), -EH[:, :-1]
        pairs = zip(self._split(own), self._split(with_beta), strict=True)
        return [(one[:, None, None], other[:, None, :]) for one, other in pairs]

    def effects(self, factor: SmallFactor, beta: FloatArray) -> list[FloatArray]:
        """Return the conditional modes (J, 1) per factor, given beta, in the units of y."""
        modes = factor.d * lapack.dtrtrs(factor.L, factor.half @ np.append(-beta, 1.0), lower=1, trans=1)[0]
        return [own[:, None] for own in self._split(modes)]

    def quadratic(self, factor: SmallFactor, loadings: Sequence[sparse.csr_matrix], x: FloatArray) -> FloatArray:
        """Return c'C c for m combinations c of effects and fixed effects, C their relative covariance given y.

        loadings: (J, m) per factor. x: (p, m).
        """
        p = len(x)
        own = lapack.dtrtrs(factor.L, factor.d[:, None] * sparse.vstack(loadings).toarray(), lower=1)[0]
        x = x - factor.half[:, :p].T @ own
        quadratic: FloatArray = (own**2).sum(0) + (x * np.linalg.solve(factor.Q[:p, :p], x)).sum(0)
        return quadratic

    def with_response(self, ZY: Sequence[FloatArray], XY: FloatArray) -> SmallSystem:
        """Put another response in. ZY: (J, 1) per factor; XY: (p + 1,) [X y]'y."""
        B = self.B.copy()
        B[:, -1] = np.concatenate([column[:, 0] for column in ZY])
        return replace(self, B=B, XX=bordered(self.XX, XY))

    def _split(self, values: FloatArray) -> list[FloatArray]:
        return [values[part] for part in self.parts]


def small_system(groupings: Sequence[Grouping], XY: FloatArray) -> SmallSystem | None:
    """Gather the cross-products, or return None for many effects or several of one level. XY: (n, p + 1)."""
    if sum(grouping.effects for grouping in groupings) > MOST_EFFECTS or any(grouping.width > 1 for grouping in groupings):
        return None
    A = np.vstack([np.hstack([all_pairs(one, other) for other in groupings]) for one in groupings])
    B = np.vstack([cross_products(one.codes, one.effects, one.Z, XY)[:, 0] for one in groupings])
    ends = np.cumsum([grouping.effects for grouping in groupings]).tolist()
    return SmallSystem(A, B, XY.T @ XY, tuple(slice(start, end) for start, end in pairwise([0, *ends])))
