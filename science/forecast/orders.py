"""The orders of a seasonal ARMA and its polynomials, with the signs of R: (1 - phi B) w = (1 + theta B) e."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from science.table import FloatArray

UNIT = 1.0 - 1e-12  # a partial autocorrelation beyond it is a root on the unit circle to rounding
OUTWARD = 0.95  # of the coefficients' powers of B
NEAR = 3.0  # of what tanh maps to a partial autocorrelation: it is flat beyond, and nothing moves


@dataclass(frozen=True)
class Orders:
    """ARMA(p, q) times a seasonal ARMA(P, Q) of period `season`."""

    p: int = 0
    q: int = 0
    P: int = 0
    Q: int = 0
    season: int = 1

    @property
    def count(self) -> int:
        return self.p + self.q + self.P + self.Q

    @property
    def names(self) -> tuple[str, ...]:
        """R's names of the coefficients, in the order in which they are kept: ar, ma, sar, sma."""
        parts = (("ar", self.p), ("ma", self.q), ("sar", self.P), ("sma", self.Q))
        return tuple(f"{name}{i + 1}" for name, order in parts for i in range(order))

    @classmethod
    def of_names(cls, names: Iterable[str], season: int) -> Orders:
        """Count the coefficients of each part; other names are of no part."""
        parts = [name.rstrip("0123456789") for name in names]
        return cls(parts.count("ar"), parts.count("ma"), parts.count("sar"), parts.count("sma"), season)

    def split(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Part the coefficients into ar, ma, sar, sma."""
        a, b, c = self.p, self.p + self.q, self.p + self.q + self.P
        return coefficients[:a], coefficients[a:b], coefficients[b:c], coefficients[c:]

    def polynomials(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Multiply the seasonal factors out. Returns phi, (p + season P,), and theta, (q + season Q,)."""
        ar, ma, sar, sma = self.split(coefficients)
        phi = -_product(-ar, -sar, self.season)
        theta = _product(ma, sma, self.season)
        return phi, theta

    def stationary(self, free: FloatArray) -> FloatArray:
        """Map any numbers to coefficients whose AR parts are stationary: partial autocorrelations tanh(free) (Jones 1980)."""
        if not self.p + self.P:
            return free
        ar, ma, sar, sma = self.split(free)
        return np.concatenate([_of_partials(np.tanh(ar)), ma, _of_partials(np.tanh(sar)), sma])

    def free(self, coefficients: FloatArray) -> FloatArray:
        """Undo stationary(); an AR part that is not stationary becomes one that is."""
        ar, ma, sar, sma = self.split(coefficients)
        return np.concatenate([_free(ar), ma, _free(sar), sma])

    def regular(self, free: FloatArray) -> FloatArray:
        """Map any numbers to coefficients whose AR parts are stationary and whose MA parts are invertible."""
        ar, ma, sar, sma = self.split(np.tanh(free))
        return np.concatenate([_of_partials(ar), -_of_partials(ma), _of_partials(sar), -_of_partials(sma)])

    def regular_free(self, coefficients: FloatArray) -> FloatArray:
        """Undo regular(); what is close to its bounds starts a step away from them."""
        ar, ma, sar, sma = self.split(coefficients)
        return np.concatenate([_free(ar), _free(-ma), _free(sar), _free(-sma)]).clip(-NEAR, NEAR)

    def invertible(self, coefficients: FloatArray) -> FloatArray:
        """Turn MA roots inside the unit circle out of it: the same likelihood, and residuals that are the innovations."""
        ar, ma, sar, sma = self.split(coefficients)
        return np.concatenate([ar, _inverted(ma), sar, _inverted(sma)])


def _product(short: FloatArray, seasonal: FloatArray, season: int) -> FloatArray:
    """Coefficients 1.. of (1 + short(B)) (1 + seasonal(B^season))."""
    if not len(seasonal):
        return short
    width = len(short) + 1
    factor = np.ones(width)
    factor[1:] = short
    product = np.zeros(len(short) + season * len(seasonal) + 1)
    product[:width] = factor
    for i, coefficient in enumerate(seasonal, 1):
        product[i * season : i * season + width] += coefficient * factor
    return product[1:]


def _of_partials(partials: FloatArray) -> FloatArray:
    coefficients = partials[:1]
    for partial in partials[1:]:
        coefficients = np.append(coefficients - partial * coefficients[::-1], partial)
    return coefficients


def _free(coefficients: FloatArray) -> FloatArray:
    """Undo tanh and _of_partials; the roots of what is not stationary are moved out until it is."""
    powers = np.arange(1, len(coefficients) + 1)
    while (partials := _partials(coefficients)) is None:
        coefficients = coefficients * OUTWARD**powers
    return np.arctanh(partials)


def _partials(coefficients: FloatArray) -> FloatArray | None:
    partials, rest = [], coefficients
    while len(rest):
        last = rest[-1]
        if not abs(last) < UNIT:
            return None
        partials.append(last)
        rest = (rest[:-1] + last * rest[-2::-1]) / (1 - last**2) if len(rest) > 1 else rest[:0]
    return np.array(partials[::-1])


def _inverted(ma: FloatArray) -> FloatArray:
    if _partials(-ma) is not None:
        return ma
    used = np.flatnonzero(ma)
    roots = np.roots(np.r_[1.0, ma[: used[-1] + 1]])  # their moduli are below 1 when the MA part is invertible
    outside = np.abs(roots) > 1
    roots[outside] = 1 / roots[outside].conj()
    turned = np.zeros(len(ma))
    turned[: used[-1] + 1] = np.real(np.poly(roots))[1:]
    return turned
