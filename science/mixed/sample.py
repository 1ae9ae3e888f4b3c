"""The rows of a model, made ready once: weighted, X orthonormal, y the residual of least squares, dependent columns left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lapack

from errors import InvalidInput
from science.limits import Limits
from science.mixed.bases import Bases, whitened
from science.mixed.criterion import Criterion, System
from science.mixed.crossed import crossed_system
from science.mixed.grouping import Grouping, Term, grouped
from science.mixed.nested import nested_system
from science.mixed.small import small_system
from science.mixed.theta import Pattern, pattern_of
from science.mixed.triangle import triangle
from science.regress.rank import independent
from science.table import FloatArray, IntArray

NO_VARIATION = 1e-13  # of the residual to the response: what rounding alone leaves of a constant


@dataclass(frozen=True)
class Sample:
    """The arrays of a model. y already without its offset."""

    y: FloatArray  # (n,)
    X: FloatArray  # (n, p)
    groupings: tuple[Grouping, ...]
    weights: FloatArray | None  # (n,) positive

    @property
    def rows(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Scaling:
    """How the scaled system relates to the model: X[:, kept] = X_scaled R, y = X[:, kept] start + scale y_scaled."""

    kept: IntArray
    R: FloatArray  # (k, k) upper triangular
    start: FloatArray  # (k,) the least-squares estimate
    scale: float

    def beta(self, scaled: FloatArray) -> FloatArray:
        """Return the fixed effects (k,) for those of the scaled system."""
        estimate: FloatArray = self.start + self.scale * _solved(self.R, scaled)
        return estimate

    def covariance(self, scaled: FloatArray) -> FloatArray:
        """Return R^-1 S R^-T (k, k) for S of the scaled system."""
        return _solved(self.R, _solved(self.R, scaled).T)

    def contrasts(self, rows: FloatArray) -> FloatArray:
        """Return the combinations (m, k) of the scaled fixed effects that equal combinations (m, k) of the effects."""
        scaled: FloatArray = lapack.dtrtrs(self.R, rows.T, trans=1)[0].T
        return scaled


@dataclass(frozen=True)
class Prepared:
    """All that estimation needs; the rows are not needed again."""

    system: System
    pattern: Pattern
    scaling: Scaling
    bases: Bases
    rows: int
    log_weights: float

    def criterion(self, *, reml: bool) -> Criterion:
        p = len(self.scaling.kept)
        degrees = self.rows - (p if reml else 0)
        constant = 2.0 * degrees * np.log(self.scaling.scale) - self.log_weights
        if reml:
            constant += 2.0 * float(np.log(np.abs(self.scaling.R.diagonal())).sum())
        return Criterion(self.system, self.pattern, self.rows, reml, float(constant))


def sample_of(y: FloatArray, X: FloatArray, terms: list[Term], weights: FloatArray | None = None) -> Sample:
    """Put the parts of a model together, its factors in the order of elimination."""
    return Sample(y, X, grouped(terms), weights)


def prepare(sample: Sample, limits: Limits) -> Prepared:
    """Scale the rows and gather their cross-products.

    Raises InvalidInput when nothing is left to explain once the fixed effects are taken out.
    """
    rows = weighted(sample)
    y, X = rows.y, rows.X
    groupings, bases = whitened(rows.groupings)
    R = triangle(np.column_stack([X, y]))
    kept, R = independent(R)
    rank = len(kept)
    if rank >= sample.rows:
        raise InvalidInput(f"{sample.rows} rows cannot tell {rank} fixed effects and a residual apart", field="formula")
    root = R[:rank, :rank]
    start = _solved(root, R[:rank, rank])
    X = X if rank == X.shape[1] else X[:, kept]
    residual = y - X @ start
    scale = float(np.linalg.norm(residual) / np.sqrt(sample.rows))
    if scale * np.sqrt(sample.rows) <= NO_VARIATION * np.linalg.norm(y):
        raise InvalidInput("the response has no variation that the fixed effects do not explain", field="formula")
    XY = np.empty((sample.rows, rank + 1))
    XY[:, :rank] = X @ lapack.dtrtri(root)[0] if rank else X
    XY[:, rank] = residual / scale
    scaling = Scaling(kept, root, start, scale)
    log_weights = 0.0 if sample.weights is None else float(np.log(sample.weights).sum())
    pattern = pattern_of(tuple(grouping.sizes for grouping in groupings))
    return Prepared(_system(groupings, XY, limits), pattern, scaling, bases, sample.rows, log_weights)


def weighted(sample: Sample) -> Sample:
    """Multiply every row by the root of its weight."""
    if sample.weights is None:
        return sample
    root = np.sqrt(sample.weights)
    groupings = tuple(replace(grouping, Z=grouping.Z * root[:, None]) for grouping in sample.groupings)
    return Sample(sample.y * root, sample.X * root[:, None], groupings, None)


def _system(groupings: tuple[Grouping, ...], XY: FloatArray, limits: Limits) -> System:
    return nested_system(groupings, XY) or small_system(groupings, XY) or crossed_system(groupings, XY, limits)


def _solved(R: FloatArray, right: FloatArray) -> FloatArray:
    if len(R) == 0:
        return right.copy()
    solved: FloatArray = lapack.dtrtrs(R, right)[0]
    return solved.reshape(right.shape)
