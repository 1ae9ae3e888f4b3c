"""F tests of the terms of a model, as lmerTest's anova (type III); for a generalized one Wald's tests of the same hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.fit import Analysis
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.hypotheses import Hypothesis, type_three
from science.mixed.kenward_roger import KenwardRoger, contest
from science.mixed.satterthwaite import satterthwaite
from science.table import FloatArray, Table

NOTHING = float(np.sqrt(np.finfo(np.float64).eps))  # of the largest variance: no further direction, as in lmerTest
EQUAL = 1e-8  # degrees of freedom that are the same, as in lmerTest


@dataclass(frozen=True)
class FTest:
    """One term. den_df: None where it is infinite (Wald's test); the squares: None where there is no residual variance."""

    term: str
    sum_sq: float | None
    mean_sq: float | None
    num_df: int
    den_df: float | None
    statistic: float
    p_value: float


@dataclass(frozen=True)
class _Directions:
    """The independent contrasts of one hypothesis: rows (q, k) uncorrelated under the plain covariance."""

    term: str
    rows: FloatArray
    squares: FloatArray  # (q,) of their t values

    @property
    def statistic(self) -> float:
        return float(self.squares.mean())


def f_tests(analysis: Analysis | GeneralizedAnalysis, table: Table, limits: Limits, deadline: Deadline) -> tuple[FTest, ...]:
    """Test every term of the fixed part but the intercept. table: that of the fit.

    Raises InvalidInput for a linear model fitted without degrees of freedom, LimitExceeded, DeadlineExceeded.
    """
    fit = analysis.fit
    kept = fit.posterior.kept
    design = analysis.model.design if isinstance(analysis, Analysis) else analysis.problem.answered.design
    hypotheses = type_three(fit.recipe, design.fixed.X, kept, table.take(fit.kept), limits, deadline)
    beta = fit.fixed.estimate[kept]
    if isinstance(analysis, GeneralizedAnalysis):
        return tuple(_wald(one) for one in _directions(hypotheses, beta, fit.fixed.covariance))
    sigma2 = analysis.solved.estimate.sigma2
    if analysis.adjusted is not None:
        return tuple(_kenward_roger(one, analysis.adjusted, beta, sigma2) for one in hypotheses if len(one.L))
    if fit.spec.df != "satterthwaite" or analysis.solved.curvature is None:
        reason = "F tests need degrees of freedom: of Satterthwaite, or of Kenward and Roger, and variances that are estimated"
        raise InvalidInput(reason, field="f_tests")
    return _satterthwaite(_directions(hypotheses, beta, analysis.solved.estimate.covariance), analysis, sigma2)


def _directions(hypotheses: Sequence[Hypothesis], beta: FloatArray, covariance: FloatArray) -> list[_Directions]:
    found = []
    for hypothesis in hypotheses:
        values, vectors = np.linalg.eigh(hypothesis.L @ covariance @ hypothesis.L.T)
        positive = values > NOTHING * values.max(initial=0.0)
        rows = vectors[:, positive].T @ hypothesis.L
        if len(rows):
            found.append(_Directions(hypothesis.term, rows, (rows @ beta) ** 2 / values[positive]))
    return found


def _satterthwaite(terms: Sequence[_Directions], analysis: Analysis, sigma2: float) -> tuple[FTest, ...]:
    """All contrasts of all terms go through the same differences."""
    if not terms:
        return ()
    solved = analysis.solved
    assert solved.curvature is not None
    df = satterthwaite(solved.estimate, solved.search, solved.curvature, np.vstack([one.rows for one in terms]))
    ends = np.cumsum([len(one.rows) for one in terms])
    parts = np.split(df, ends[:-1])
    return tuple(
        _told(one.term, len(one.rows), _pooled(own), one.statistic, sigma2) for one, own in zip(terms, parts, strict=True)
    )


def _pooled(df: FloatArray) -> float:
    """Return the degrees of freedom of an F statistic that is the mean of squared t's of these."""
    if np.ptp(df) < EQUAL:
        return float(df.mean())
    if (df <= 2.0).any():
        return 2.0
    expected = float((df / (df - 2.0)).sum())
    return 2.0 * expected / (expected - len(df))


def _kenward_roger(hypothesis: Hypothesis, adjusted: KenwardRoger, beta: FloatArray, sigma2: float) -> FTest:
    L = _of_full_rank(hypothesis.L)
    statistic, scale, df = contest(adjusted, beta, L)
    told = _told(hypothesis.term, len(L), df, statistic, sigma2)
    return FTest(told.term, told.sum_sq, told.mean_sq, len(L), df, scale * statistic, _tail(len(L), df, scale * statistic))


def _of_full_rank(L: FloatArray) -> FloatArray:
    _, values, directions = np.linalg.svd(L, full_matrices=False)
    rows: FloatArray = directions[values > NOTHING * values[0]]
    return rows


def _told(term: str, q: int, df: float, statistic: float, sigma2: float) -> FTest:
    return FTest(term, statistic * q * sigma2, statistic * sigma2, q, df, statistic, _tail(q, df, statistic))


def _tail(q: int, df: float, statistic: float) -> float:
    return float(special.fdtrc(q, df, statistic) if np.isfinite(df) else special.chdtrc(q, q * statistic))


def _wald(one: _Directions) -> FTest:
    q = len(one.rows)
    return FTest(one.term, None, None, q, None, one.statistic, float(special.chdtrc(q, q * one.statistic)))
