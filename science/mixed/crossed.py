"""Crossed factors: the largest is eliminated in batches, what is left of the others is one dense Cholesky factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from science.limits import Limits
from science.mixed.batch import block_diagonal, bordered, cross_products, inverse, product, transposed
from science.mixed.coupling import CHUNK_CELLS, SMALL_CELLS, Coupling, DenseCoupling, StreamedCoupling, coupling_of, mirrored
from science.mixed.grouping import Grouping
from science.table import FloatArray


@dataclass(frozen=True)
class CrossedFactor:
    """The factorisation at one theta. Q: (p + 1, p + 1), [X y]'V0^-1[X y]."""

    lambdas: tuple[FloatArray, ...]
    LK: FloatArray  # (J, q, q) of the first factor: Lambda K^-1
    M: FloatArray  # Lambda K^-1 Lambda'
    T: FloatArray  # (r, r) what is left of Z2'Z2
    TX: FloatArray  # (r, p + 1)
    L: FloatArray  # (r, r) lower Cholesky factor of Lambda2' T Lambda2 + I
    log_determinant: float
    Q: FloatArray


@dataclass(frozen=True)
class Inverted:
    """What the gradient and the covariances share."""

    N: FloatArray  # (r, r) Lambda2 K2^-1 Lambda2'
    KL: FloatArray  # (r, r) K2^-1 Lambda2'
    E: FloatArray  # (r, p + 1) N TX
    F: FloatArray  # (J, q, p + 1) what of the first factor's D is left


@dataclass(frozen=True)
class CrossedSystem:
    """The cross-products of any model; r is the number of effects of all factors but the first."""

    A: FloatArray  # (J, q, q) Z1'Z1
    B: FloatArray  # (J, q, p + 1) Z1'[X y]
    coupling: Coupling  # Z1'Z2
    A2: FloatArray  # (r, r) Z2'Z2
    B2: FloatArray  # (r, p + 1) Z2'[X y]
    XX: FloatArray  # (p + 1, p + 1)
    parts: tuple[tuple[slice, int, int], ...]  # of the r: where each factor stands, its levels, its width

    def own_blocks(self) -> list[FloatArray]:
        """Return Z'Z (J, q, q) of each factor."""
        return [self.A] + [_diagonal_blocks(self.A2[part, part], width) for part, _, width in self.parts]

    def own_products(self) -> list[FloatArray]:
        """Return Z'[X y] (J, q, p + 1) of each factor."""
        others = (self.B2[part].reshape(levels, width, -1) for part, levels, width in self.parts)
        return [self.B, *others]

    def factorise(self, lambdas: Sequence[FloatArray]) -> CrossedFactor:
        """Eliminate all random effects. lambdas: (q, q) per factor. Raises LinAlgError when rounding leaves nothing positive."""
        first, others = lambdas[0], lambdas[1:]
        inverted, log_determinant = inverse(product(first.T, product(self.A, first)) + np.eye(len(first)))
        LK = product(first, inverted)
        M = product(LK, first.T)
        J, q, m = self.B.shape
        MB = product(M, self.B).reshape(J * q, m)
        T = self.coupling.gather(M)
        np.subtract(self.A2, T, out=T)
        TX = self.B2 - self.coupling.transposed_times(MB)
        L = _cholesky_of_shifted(self._columns(self._columns(T, others).T, others))
        log_determinant += 2.0 * float(np.log(L.diagonal()).sum())
        half, _ = lapack.dtrtrs(L, self._transposed_rows(TX, others), lower=1)
        Q = self.XX - self.B.reshape(J * q, m).T @ MB - half.T @ half
        return CrossedFactor(tuple(lambdas), LK, M, T, TX, L, log_determinant, Q)

    def gradient(self, factor: CrossedFactor, H: FloatArray) -> list[FloatArray]:
        """Return the gradient in each Lambda of log|K| + a function of Q whose gradient in Q is H (symmetric)."""
        inverted = self._inverted(factor)
        ALK = product(self.A, factor.LK)
        lost = product(self._gamma(inverted, H), factor.LK)
        lost = lost - product(self.A, product(factor.M, lost))
        return [2.0 * (ALK - lost).sum(0), *self._outer_gradients(factor, inverted, H)]

    def covariance(self, factor: CrossedFactor, H: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return, per factor, the blocks (J, q, q) of the effects' relative covariance and those (J, q, p) with beta.

        H: (p + 1, p + 1), the relative covariance of beta in its first p rows and columns, or zeros to take beta as known.
        """
        inverted = self._inverted(factor)
        p = len(H) - 1
        gamma = self._gamma(inverted, H)
        own = factor.M + product(product(factor.M, gamma), factor.M)
        found = [(own, -product(factor.M, (inverted.F @ H)[:, :, :p]))]
        for place, levels, width in self.parts:
            rows = inverted.E[place].reshape(levels, width, -1)
            blocks = rows @ H @ transposed(rows) + _diagonal_blocks(inverted.N[place, place], width)
            found.append((blocks, -(rows @ H)[:, :, :p]))
        return found

    def effects(self, factor: CrossedFactor, beta: FloatArray) -> list[FloatArray]:
        """Return the conditional modes (J, q) per factor, given beta, in the units of y."""
        known = np.append(-beta, 1.0)
        right = self._transposed_rows((factor.TX @ known)[:, None], factor.lambdas[1:])
        solved, _ = lapack.dpotrs(factor.L, right, lower=1)
        others = self._transposed_rows(solved, [Lambda.T for Lambda in factor.lambdas[1:]])[:, 0]
        J, q, m = self.B.shape
        own = (self.B.reshape(J * q, m) @ known - self.coupling.times(others)).reshape(J, q, 1)
        return [product(factor.M, own)[:, :, 0]] + [others[part].reshape(levels, width) for part, levels, width in self.parts]

    def quadratic(self, factor: CrossedFactor, loadings: Sequence[sparse.csr_matrix], x: FloatArray) -> FloatArray:
        """Return c'C c for m combinations c of effects and fixed effects, C their relative covariance given y.

        loadings: (J q, m) per factor, the columns of a level side by side. x: (p, m).
        """
        step = max(1, CHUNK_CELLS // len(factor.L))
        chunks = range(0, x.shape[1], step)
        return np.concatenate(
            [self._quadratic(factor, [one[:, a : a + step] for one in loadings], x[:, a : a + step]) for a in chunks]
        )

    def _quadratic(self, factor: CrossedFactor, loadings: Sequence[sparse.csr_matrix], x: FloatArray) -> FloatArray:
        p = len(x)
        others = factor.lambdas[1:]
        weighted = block_diagonal(factor.M) @ loadings[0]
        total = np.asarray(loadings[0].multiply(weighted).sum(0)).ravel()
        x = x - (weighted.T @ self.B[:, :, :p].reshape(weighted.shape[0], p)).T
        rest = (sparse.vstack(loadings[1:]) - self.coupling.transposed_times(weighted)).toarray()
        half, _ = lapack.dtrtrs(factor.L, self._transposed_rows(rest, others), lower=1)
        half_x, _ = lapack.dtrtrs(factor.L, self._transposed_rows(factor.TX[:, :p], others), lower=1)
        x = x - half_x.T @ half
        quadratic: FloatArray = total + (half**2).sum(0) + (x * np.linalg.solve(factor.Q[:p, :p], x)).sum(0)
        return quadratic

    def with_response(self, ZY: Sequence[FloatArray], XY: FloatArray) -> CrossedSystem:
        """Put another response in. ZY: (J, q) per factor; XY: (p + 1,) [X y]'y."""
        B, B2 = self.B.copy(), self.B2.copy()
        B[:, :, -1] = ZY[0]
        B2[:, -1] = np.concatenate([column.reshape(-1) for column in ZY[1:]])
        return replace(self, B=B, B2=B2, XX=bordered(self.XX, XY))

    def _inverted(self, factor: CrossedFactor) -> Inverted:
        others = factor.lambdas[1:]
        K, _ = lapack.dpotri(factor.L, lower=1)
        outer = [Lambda.T for Lambda in others]
        KL = self._columns(mirrored(K), outer)
        N = self._columns(KL.T, outer).T
        E = N @ factor.TX
        J, q, m = self.B.shape
        return Inverted(N, KL, E, self.B - self.coupling.times(E).reshape(J, q, m))

    def _gamma(self, inverted: Inverted, H: FloatArray) -> FloatArray:
        FH = inverted.F @ H
        return FH @ transposed(inverted.F) + self.coupling.scatter(inverted.N)

    def _outer_gradients(self, factor: CrossedFactor, inverted: Inverted, H: FloatArray) -> list[FloatArray]:
        left = (factor.TX - factor.T @ inverted.E) @ H
        right = inverted.KL @ factor.TX
        gradients = []
        for place, levels, width in self.parts:
            gradient = -np.einsum("jax,jbx->ab", left[place].reshape(levels, width, -1), right[place].reshape(levels, width, -1))
            for a in range(width):
                for b in range(width):
                    gradient[a, b] += np.vdot(factor.T[place][a::width], inverted.KL[place][b::width])
            gradients.append(2.0 * gradient)
        return gradients

    def _columns(self, matrix: FloatArray, lambdas: Sequence[FloatArray]) -> FloatArray:
        """Multiply from the right by the block-diagonal matrix of the Lambdas."""
        result = np.empty(matrix.shape)
        for (place, levels, width), Lambda in zip(self.parts, lambdas, strict=True):
            if width == 1:
                result[:, place] = matrix[:, place] * Lambda[0, 0]
            else:
                result[:, place] = (matrix[:, place].reshape(-1, levels, width) @ Lambda).reshape(-1, levels * width)
        return result

    def _transposed_rows(self, matrix: FloatArray, lambdas: Sequence[FloatArray]) -> FloatArray:
        """Multiply from the left by the block-diagonal matrix of the transposed Lambdas."""
        return self._columns(matrix.T, lambdas).T


def crossed_system(groupings: Sequence[Grouping], XY: FloatArray, limits: Limits, *, streamed: bool = False) -> CrossedSystem:
    """Gather the cross-products. groupings: the one with most effects first. XY: (n, p + 1).

    streamed: for a system that is factorised once or twice, whose products are not worth preparing.

    Raises LimitExceeded when the other factors have too many effects for a dense matrix.
    """
    first, others = groupings[0], groupings[1:]
    effects = sum(grouping.effects for grouping in others)
    what = f"the crossed grouping factors other than {first.group} have {effects} effects together"
    limits.check("max_crossed_effects", effects, what, field="formula")
    count = len(first.levels)
    parts = []
    position = 0
    for grouping in others:
        parts.append((slice(position, position + grouping.effects), len(grouping.levels), grouping.width))
        position += grouping.effects
    coupling, A2, B2 = (
        _small(groupings, XY) if not streamed and _is_small(groupings) else _large(groupings, XY, streamed=streamed)
    )
    return CrossedSystem(
        A=cross_products(first.codes, count, first.Z, first.Z),
        B=cross_products(first.codes, count, first.Z, XY),
        coupling=coupling,
        A2=A2,
        B2=B2,
        XX=XY.T @ XY,
        parts=tuple(parts),
    )


def _is_small(groupings: Sequence[Grouping]) -> bool:
    return sum(grouping.effects for grouping in groupings) ** 2 <= SMALL_CELLS


def _small(groupings: Sequence[Grouping], XY: FloatArray) -> tuple[Coupling, FloatArray, FloatArray]:
    first, others = groupings[0], groupings[1:]
    C = np.hstack([all_pairs(first, other) for other in others])
    A2 = np.vstack([np.hstack([all_pairs(one, other) for other in others]) for one in others])
    B2 = np.vstack([cross_products(one.codes, len(one.levels), one.Z, XY).reshape(one.effects, -1) for one in others])
    return DenseCoupling(C, first.width), A2, B2


def _large(groupings: Sequence[Grouping], XY: FloatArray, *, streamed: bool) -> tuple[Coupling, FloatArray, FloatArray]:
    first, others = groupings[0], groupings[1:]
    Z2 = sparse.hstack([indicator(grouping) for grouping in others], format="csr")
    C = (indicator(first).T @ Z2).tocsr()
    C.sort_indices()
    coupling = StreamedCoupling(C, first.width) if streamed else coupling_of(C, first.width)
    return coupling, (Z2.T @ Z2).toarray(), Z2.T @ XY


def all_pairs(one: Grouping, other: Grouping) -> FloatArray:
    """Return Z1'Z2 dense, for factors of few levels."""
    shape = (len(one.levels), len(other.levels))
    cells = one.codes * shape[1] + other.codes
    products = np.empty((one.effects, other.effects))
    for a in range(one.width):
        for b in range(other.width):
            sums = np.bincount(cells, one.Z[:, a] * other.Z[:, b], shape[0] * shape[1])
            products[a :: one.width, b :: other.width] = sums.reshape(shape)
    return products


def indicator(grouping: Grouping) -> sparse.csr_matrix:
    """Return Z of one factor, sparse (n, J q), the columns of a level side by side."""
    n, q = grouping.Z.shape
    columns = (grouping.codes[:, None] * q + np.arange(q)).ravel()
    return sparse.csr_matrix((grouping.Z.ravel(), columns, np.arange(0, n * q + 1, q)), shape=(n, grouping.effects))


def _cholesky_of_shifted(K: FloatArray) -> FloatArray:
    K.reshape(-1)[:: len(K) + 1] += 1.0
    L, fault = lapack.dpotrf(K.T, lower=1, clean=1, overwrite_a=1)  # a symmetric K's transpose is Fortran's without a copy
    if fault:
        raise np.linalg.LinAlgError("the crossed part is not positive definite")
    factor: FloatArray = L
    return factor


def _diagonal_blocks(N: FloatArray, width: int) -> FloatArray:
    levels = len(N) // width
    index = np.arange(levels)
    blocks: FloatArray = N.reshape(levels, width, levels, width)[index, :, index, :]
    return blocks
