"""What a mixed model may cost, in seconds of one core, estimated from the formula's text and the data's shape.

The figures were measured on a core that does 10**10 multiplications of matrices' numbers a second. How many evaluations a
search will take is a guess; how long one takes follows from the sizes of what is factorised.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import inf, prod

from kinds.costs import columns_of, terms_of
from kinds.mixed import MixedSpec
from kinds.shape import Shape, Shapes
from science.formula import Bar, Terms
from science.formula.tree import Chain, Node, names, ungrouped
from science.limits import Limits

START = 2e-3  # of any fit and its answer
CELL = 2e-8  # one of X or Z, read and summed: 20,000 rows of 60 columns took 38 ms
SQUARE = 2e-10  # one of n p**2
EFFECT = 1.2e-6  # each, told with its error: 125,066 took 0.15 s
EVALUATION = 1e-4  # of a small model; sleepstudy takes 16 of them
PER_EFFECT = 4e-8  # of an evaluation, of the factor with most levels
WIDE = 2e-9  # of an evaluation, of that factor's effects times the square of those of one level
PRODUCT = 1.2e-9  # one of the pairs of others' effects that meet in a level of that factor
DENSE = 7e-11  # one of the cube of the effects of the others: InstEval's 1,142 took 0.1 s an evaluation
SEARCH = (6, 4)  # evaluations, and for each variance and covariance
GENERALIZED = (1e-3, 2.5e-7)  # an evaluation with its inner steps, and for each row: 20,000 rows took 0.12 s
GENERALIZED_CROSSED = (2e-3, 2.6e-6, 6e-10)  # the same, and the cube: sparse products are formed anew at every inner step
GENERALIZED_SEARCH = (12, 4)  # evaluations, and for each parameter, of which the Hessian takes two
POINT = 0.9  # of quadrature, after the first: nine take eight times as long as one
PROFILE = 100  # evaluations for each parameter
SAMPLE = 0.75  # of a search, for each sample of a bootstrap: it begins at the estimate
SAMPLED_ROW = 2e-7
STEPS = {"mackay": 100, "em": 600, "px_em": 200, "mackay_gamma": 200}  # of a loop: em took 40 to 2,000, the others to 300
STEP = 2.5  # evaluations: each has the covariances of all effects
KENWARD_ROGER = 4.5e-10  # the cube of all effects, of several factors: Chem97's 2,541 took 6.7 s
TESTS = 1.2e-9  # one of n p**2, for tests of terms: 20,000 rows of 60 columns took 85 ms
TOLD_ROW = 7e-7  # each residual
SLOPES = 40  # of one factor, beyond which the search is as good as endless


@dataclass(frozen=True)
class Size:
    """What decides how long an evaluation takes. effects: of each factor, the largest first."""

    rows: int
    columns: int  # of X
    variances: int  # and covariances, the residual's left out
    effects: tuple[int, ...]
    width: int  # effects of one level, of the factor that has most
    others: int  # effects of the factors that cross the largest, together


def mixed_seconds(asked: MixedSpec, shapes: Shapes, limits: Limits) -> float:
    """Estimate a mixed model: one fit, and what is asked for beside."""
    if asked.backend == "tensorflow":
        return inf  # never beside a request, however small: it is 600 MB
    shape = shapes["data"]
    terms = terms_of(asked.formula, shape, limits)
    if terms is None:
        return 0.0
    size = size_of(terms, shape, limits)
    if size.variances > limits.max_variances:
        return 0.0  # refused before anything is sought
    one = _evaluation(size) if asked.family == "gaussian" else _generalized_evaluation(size, asked.quadrature)
    search = one * _evaluations(asked, size)
    seconds = START + _reading(size) + search * (1.0 + len(asked.anova or ())) + _beside(asked, size, limits)
    if asked.intervals == "profile":
        seconds += one * PROFILE * (size.columns + size.variances + (asked.family == "gaussian"))
    if asked.intervals == "bootstrap":
        seconds += asked.samples * (SAMPLE * search + SAMPLED_ROW * size.rows)
    return seconds


def size_of(terms: Terms, shape: Shape, limits: Limits) -> Size:
    """Measure a model by its formula; what is beyond a limit will be refused, and costs no more than what is not."""
    terms_of_bars = [(group, _slopes(bar, shape), bar.correlated) for bar in terms.bars for group in _groups(bar.group)]
    widths: dict[frozenset[str], int] = {}
    for group, slopes, _ in terms_of_bars:
        widths[group] = widths.get(group, 0) + slopes
    nested = all(one <= other or other <= one for one, other in combinations(widths, 2))
    effects = sorted((_levels(group, shape, limits) * width for group, width in widths.items()), reverse=True)
    return Size(
        rows=shape.rows,
        columns=columns_of(terms, shape),
        variances=sum(slopes * (slopes + 1) // 2 if correlated else slopes for _, slopes, correlated in terms_of_bars),
        effects=tuple(effects),
        width=max(widths.values(), default=1),
        others=0 if nested else min(sum(effects[1:]), limits.max_crossed_effects),
    )


def _levels(group: frozenset[str], shape: Shape, limits: Limits) -> int:
    """Count the levels of a factor; numbers, whose levels nobody has counted, may have as many as are allowed."""
    unknown = max(min(shape.rows // 2, limits.max_levels), 1)
    return min(prod(shape.levels.get(name) or unknown for name in group), shape.rows)


def _groups(node: Node) -> list[frozenset[str]]:
    """Name the columns of each factor: a/b is a and a:b."""
    node = ungrouped(node)
    if isinstance(node, Chain) and all(operator == "/" for operator, _ in node.rest):
        parts = [frozenset(name.text for name in names(part)) for part in (node.first, *(part for _, part in node.rest))]
        return [frozenset().union(*parts[: number + 1]) for number in range(len(parts))]
    return [frozenset(name.text for name in names(node))]


def _slopes(bar: Bar, shape: Shape) -> int:
    """Count the effects of one level: the intercept, and a column for each number and each further level of a factor."""
    used = {name.text for name in names(bar.effects)}
    return min(1 + sum(max((shape.levels.get(name) or 2) - 1, 1) for name in used), SLOPES)


def _reading(size: Size) -> float:
    cells = size.rows * (size.columns + size.variances + 1)
    return CELL * cells + SQUARE * size.rows * size.columns**2 + EFFECT * sum(size.effects)


def _evaluation(size: Size) -> float:
    most = max(size.effects, default=0)
    blocks = PER_EFFECT * most + WIDE * most * size.width**2
    return EVALUATION + blocks + PRODUCT * _products(size) + DENSE * float(size.others) ** 3


def _products(size: Size) -> float:
    """Count the pairs of others' effects that meet in a level of the largest factor."""
    if not size.others:
        return 0.0
    levels = size.effects[0] / size.width
    met = size.width * min(size.rows / levels * size.width, size.others)
    return levels * met**2 / 2.0


def _generalized_evaluation(size: Size, points: int) -> float:
    base, row = GENERALIZED if len(size.effects) == 1 else GENERALIZED_CROSSED[:2]
    dense = GENERALIZED_CROSSED[2] * float(size.others) ** 3
    return (base + row * size.rows * size.width + dense) * (1.0 + POINT * (points - 1))


def _evaluations(asked: MixedSpec, size: Size) -> float:
    if asked.method in STEPS:
        most = STEPS[asked.method]
        return STEP * min(asked.iterations or most, most)
    if asked.family == "gaussian":
        return SEARCH[0] + SEARCH[1] * size.variances
    return GENERALIZED_SEARCH[0] + GENERALIZED_SEARCH[1] * (size.variances + size.columns)


def _beside(asked: MixedSpec, size: Size, limits: Limits) -> float:
    seconds = 0.0
    if asked.df == "kenward-roger" and len(size.effects) > 1:
        seconds += KENWARD_ROGER * float(min(sum(size.effects), limits.max_crossed_effects)) ** 3
    if asked.f_tests:
        seconds += TESTS * size.rows * size.columns**2
    if asked.residuals:
        seconds += TOLD_ROW * size.rows
    return seconds + SAMPLED_ROW * size.rows * (asked.simulate or 0)
