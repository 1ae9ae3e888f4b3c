"""Variances by iteration: MacKay's loop as it is in the literature, and the repairs that reach REML.

With C = [X Z] the mixed-model equations give the effects u of each factor and the blocks T_i of their posterior
covariance, the fixed effects integrated out. B = sum u u', T = sum T_i, J levels:

    mackay        G <- the sample covariance of u           drops T: too small, and degenerate when effects correlate
    em            G <- (B + T) / J                          Dempster, Laird and Rubin (1977)
    mackay_gamma  G <- B (J I - G^-1 T)^-1, symmetrised     divides by the effective number of levels (MacKay 1992)
    px_em         em with a working matrix a estimated too, G <- a (B + T) a' / J     Liu, Rubin and Wu (1998)

The residual variance is RSS / (n - tr H), H the hat matrix of [X Z], or (RSS + s2 tr H) / n for the two EM methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.mixed.criterion import Criterion, Evaluation
from science.table import FloatArray

SETTLED = 1e-10  # relative change of every variance in one step
LEAST_EIGENVALUE = 1e-12  # of the largest: a covariance matrix below is singular to double precision


@dataclass(frozen=True)
class Iterate:
    """Variances, of the scaled system, and what the mixed-model equations say at them."""

    covariances: tuple[FloatArray, ...]  # (q, q) per factor
    sigma2: float
    evaluation: Evaluation
    squares: tuple[FloatArray, ...]  # B of each factor
    centred: tuple[FloatArray, ...]  # the same of u less its mean
    posterior: tuple[FloatArray, ...]  # T
    residual_squares: float  # RSS
    hat: float  # tr H
    value: float  # the REML criterion


@dataclass(frozen=True)
class Walk:
    """Where a loop went. broken: why it stopped before its end."""

    iterates: tuple[Iterate, ...]
    converged: bool
    broken: str | None


Update = Callable[["Loop", Iterate], tuple[tuple[FloatArray, ...], float]]


@dataclass(frozen=True)
class Loop:
    """The REML criterion with the counts that the updates need."""

    criterion: Criterion

    @property
    def levels(self) -> list[int]:
        return [len(A) for A in self.criterion.system.own_blocks()]

    def iterate(self, covariances: Sequence[FloatArray], sigma2: float) -> Iterate:
        """Solve the mixed-model equations. Raises LinAlgError when they cannot be solved."""
        criterion = self.criterion
        theta = criterion.pattern.factor([G / sigma2 for G in covariances])
        evaluation = criterion.at(theta)
        p = len(evaluation.beta)
        H = np.zeros((p + 1, p + 1))
        H[:p, :p] = np.linalg.inv(evaluation.precision)
        modes = criterion.system.effects(evaluation.factor, evaluation.beta)  # type: ignore[arg-type]
        blocks = criterion.system.covariance(evaluation.factor, H)  # type: ignore[arg-type]
        squares = tuple(u.T @ u for u in modes)
        posterior = tuple(sigma2 * own.sum(0) for own, _ in blocks)
        inverses = [_inverse(G) for G in covariances]
        penalty = sum(float(np.sum(inverse * B)) for inverse, B in zip(inverses, squares, strict=True))
        shrunk = sum(float(np.sum(inverse * T)) for inverse, T in zip(inverses, posterior, strict=True))
        effects = sum(len(u) * np.linalg.matrix_rank(G, hermitian=True) for u, G in zip(modes, covariances, strict=True))
        return Iterate(
            covariances=tuple(covariances),
            sigma2=sigma2,
            evaluation=evaluation,
            squares=squares,
            centred=tuple((u - u.mean(0)).T @ (u - u.mean(0)) for u in modes),
            posterior=posterior,
            residual_squares=evaluation.residual_squares - sigma2 * penalty,
            hat=p + effects - shrunk,
            value=criterion.given(evaluation, sigma2),
        )


def walk(loop: Loop, method: str, start: tuple[tuple[FloatArray, ...], float], most: int, deadline: Deadline) -> Walk:
    """Iterate at most `most` times from the variances of `start`, those of the scaled system."""
    update = UPDATES[method]
    iterates = [loop.iterate(*start)]
    for _ in range(most):
        deadline.check()
        covariances, sigma2 = update(loop, iterates[-1])
        broken = _broken(covariances, sigma2)
        if broken is not None:
            return Walk(tuple(iterates), False, broken)
        iterates.append(loop.iterate(covariances, sigma2))
        if _settled(iterates[-2], iterates[-1]):
            return Walk(tuple(iterates), True, None)
    return Walk(tuple(iterates), False, None)


def mackay(loop: Loop, now: Iterate) -> tuple[tuple[FloatArray, ...], float]:
    """Take the sample covariance of the effects for their covariance."""
    groups = (
        _blocked(loop, number, S / max(J - 1, 1)) for number, (S, J) in enumerate(zip(now.centred, loop.levels, strict=True))
    )
    return tuple(groups), _unbiased(loop, now)


def em(loop: Loop, now: Iterate) -> tuple[tuple[FloatArray, ...], float]:
    """Add the posterior covariance: E-step and M-step of REML."""
    groups = (
        _blocked(loop, number, (B + T) / J)
        for number, (B, T, J) in enumerate(zip(now.squares, now.posterior, loop.levels, strict=True))
    )
    return tuple(groups), (now.residual_squares + now.sigma2 * now.hat) / loop.criterion.rows


def mackay_gamma(loop: Loop, now: Iterate) -> tuple[tuple[FloatArray, ...], float]:
    """Divide by the effective number of levels; where that leaves no covariance matrix, take the step of EM."""
    cautious, _ = em(loop, now)
    found = [G.copy() for G in cautious]
    for place in loop.criterion.pattern.places:
        block = (place.grouping, slice(place.start, place.start + place.size))
        B, T, G = (_part(values, block) for values in (now.squares, now.posterior, now.covariances))
        proposed = _effective(B, T, G, loop.levels[place.grouping])
        if proposed is not None:
            found[place.grouping][block[1], block[1]] = proposed
    return tuple(found), _unbiased(loop, now)


def px_em(loop: Loop, now: Iterate) -> tuple[tuple[FloatArray, ...], float]:
    """Expand by a working matrix per term: sum_i A_i d S_i = s2 (G^-1 (B + T) - J I), a = I + d, A_i = Z_i'Z_i.

    The right side is the expectation of sum_i Z_i'e u_i', e the residual, by the mixed-model equations, so it holds for
    any number of factors. S_i = T_i + u_i u_i'.
    """
    groups, sigma2 = em(loop, now)
    found = [G.copy() for G in groups]
    for place, working in zip(loop.criterion.pattern.places, _working_matrices(loop, now), strict=True):
        block = slice(place.start, place.start + place.size)
        G = found[place.grouping]
        G[block, block] = working @ G[block, block] @ working.T
    return tuple(found), sigma2


UPDATES: dict[str, Update] = {"mackay": mackay, "em": em, "mackay_gamma": mackay_gamma, "px_em": px_em}


def _working_matrices(loop: Loop, now: Iterate) -> list[FloatArray]:
    system, evaluation = loop.criterion.system, now.evaluation
    p = len(evaluation.beta)
    H = np.zeros((p + 1, p + 1))
    H[:p, :p] = np.linalg.inv(evaluation.precision)
    modes = system.effects(evaluation.factor, evaluation.beta)  # type: ignore[arg-type]
    blocks = system.covariance(evaluation.factor, H)  # type: ignore[arg-type]
    found = []
    for place in loop.criterion.pattern.places:
        block = slice(place.start, place.start + place.size)
        u, A = modes[place.grouping][:, block], system.own_blocks()[place.grouping][:, block, block]
        S = now.sigma2 * blocks[place.grouping][0][:, block, block] + u[:, :, None] * u[:, None, :]
        right = _inverse(now.covariances[place.grouping][block, block]) @ S.sum(0) - len(u) * np.eye(place.size)
        left = np.einsum("jab,jcd->adbc", A, S, optimize=True).reshape(place.size**2, place.size**2)
        step = np.linalg.lstsq(left, now.sigma2 * right.reshape(-1), rcond=None)[0]
        found.append(np.eye(place.size) + step.reshape(place.size, place.size))
    return found


def _effective(B: FloatArray, T: FloatArray, G: FloatArray, J: int) -> FloatArray | None:
    """Solve G_new Gamma + Gamma' G_new = 2 B in the axes where G is the identity and Gamma diagonal: positive by construction.

    B / gamma for one effect; B Gamma^-1 itself, made symmetric, is often no covariance matrix far from the optimum.
    """
    try:
        L = np.linalg.cholesky(G)
    except np.linalg.LinAlgError:
        return None
    gamma, axes = np.linalg.eigh(J * np.eye(len(G)) - _whitened(T, L))
    if not gamma[0] > 0.0:
        return None
    turned = axes.T @ _whitened(B, L) @ axes
    half = L @ axes
    proposed: FloatArray = half @ (2.0 * turned / (gamma[:, None] + gamma)) @ half.T
    return 0.5 * (proposed + proposed.T)


def _whitened(S: FloatArray, L: FloatArray) -> FloatArray:
    half = np.linalg.solve(L, S)
    whitened: FloatArray = np.linalg.solve(L, half.T)
    return 0.5 * (whitened + whitened.T)


def _unbiased(loop: Loop, now: Iterate) -> float:
    return now.residual_squares / (loop.criterion.rows - now.hat)


def _blocked(loop: Loop, number: int, G: FloatArray) -> FloatArray:
    """Keep the blocks of the factor's terms."""
    kept = np.zeros_like(G)
    for place in loop.criterion.pattern.places:
        if place.grouping == number:
            block = slice(place.start, place.start + place.size)
            kept[block, block] = G[block, block]
    return kept


def _part(values: Sequence[FloatArray], block: tuple[int, slice]) -> FloatArray:
    part: FloatArray = values[block[0]][block[1], block[1]]
    return part


def _inverse(G: FloatArray) -> FloatArray:
    inverse: FloatArray = np.linalg.pinv(G, rcond=LEAST_EIGENVALUE, hermitian=True)
    return inverse


def _broken(covariances: Sequence[FloatArray], sigma2: float) -> str | None:
    if not (np.isfinite(sigma2) and sigma2 > 0.0 and all(np.isfinite(G).all() for G in covariances)):
        return "a variance was no positive number any more"
    for G in covariances:
        values = np.linalg.eigvalsh(G)
        if len(G) > 1 and values[0] <= LEAST_EIGENVALUE * values[-1]:
            return "the covariance matrix of the effects became singular"
    return None


def _settled(before: Iterate, after: Iterate) -> bool:
    pairs = [(before.sigma2, after.sigma2)]
    for one, other in zip(before.covariances, after.covariances, strict=True):
        pairs += zip(one.diagonal().tolist(), other.diagonal().tolist(), strict=True)
    return all(abs(new - old) <= SETTLED * abs(old) for old, new in pairs)


def starting(values: Sequence[FloatArray], residual: float, scale: float) -> tuple[tuple[FloatArray, ...], float]:
    """Bring variances in the units of the data to the scaled system. Raises InvalidInput unless they can start a loop."""
    if not residual > 0.0 or any(np.linalg.eigvalsh(G)[0] <= 0.0 for G in values):
        raise InvalidInput("a loop starts from positive variances and a positive definite covariance", field="start")
    return tuple(G / scale**2 for G in values), residual / scale**2
