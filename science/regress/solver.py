"""From rows to a solution: the factor, the rank it shows, and as much refinement as the rows are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from science.deadline import Deadline
from science.regress.kernel import Triangle, absorb, empty, solve
from science.regress.refine import cross_products, refined
from science.regress.sample import Sample
from science.regress.solution import Solution
from science.regress.unrounded import solution_of_gram
from science.table import FloatArray

FEW = 10  # columns; with more the elimination in whole numbers is slower than a factor and its refinement
CHEAP = 2_000_000  # rows times squared columns: exact cross-products take some 10 ms at most
AFFORDABLE = 1_000_000_000  # and some 5 s
COLLINEAR = 1e4  # a column that loses 4 of its 16 digits to the others is worth the dear way


def solution_of(sample: Sample, deadline: Deadline, *, intercept: bool) -> Solution:
    """Solve the least-squares problem, every number right to the last digits wherever that is affordable.

    With many well-conditioned rows one step of refinement in double precision does.
    """
    work = sample.columns.shape[0] * sample.columns.shape[1] ** 2
    if work <= CHEAP and sample.columns.shape[1] <= FEW:
        return solution_of_gram(cross_products(sample, deadline), sample.exponents, deadline, intercept=intercept)
    triangle = absorb(empty(sample.columns.shape[1] - 1), sample, deadline)
    solution = solve(triangle, intercept=intercept)
    if work <= CHEAP or (work <= AFFORDABLE and collinearity(solution, triangle) > COLLINEAR):
        return refined(solution, sample, deadline, intercept=intercept)
    return _polished(solution, sample)


def collinearity(solution: Solution, triangle: Triangle) -> float:
    """Return the largest collinearity index of the columns (Stewart 1987), the square root of a variance inflation factor."""
    R = triangle.R[:, solution.kept]
    index: float = np.sqrt(solution.variance * np.einsum("ij,ij->j", R, R)).max()
    return index


def kept_columns(columns: FloatArray, solution: Solution) -> FloatArray:
    """Return the columns of X (n, p), or of [X y], that take part in the solution."""
    kept = solution.kept
    return columns[:, : len(kept)] if not len(kept) or kept[-1] == len(kept) - 1 else columns[:, kept]


def _polished(solution: Solution, sample: Sample) -> Solution:
    """Return the solution after one step of the corrected seminormal equations."""
    residual = _residual(solution, sample)
    step = solution.root @ (solution.root.T @ (kept_columns(sample.columns, solution).T @ residual))
    solution = replace(solution, estimate=solution.estimate + step)
    residual = _residual(solution, sample)
    return replace(solution, residual_squares=float(residual @ residual))


def _residual(solution: Solution, sample: Sample) -> FloatArray:
    residual: FloatArray = sample.columns[:, -1] - kept_columns(sample.columns, solution) @ solution.estimate
    if sample.low is not None:
        residual += sample.low[:, -1] - kept_columns(sample.low, solution) @ solution.estimate
    return residual
