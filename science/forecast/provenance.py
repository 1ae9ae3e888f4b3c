"""What each step of a forecast stands on: pure arithmetic of the series' length, the lags and the horizon.

At the level of lag l the value h steps ahead stands on the one l steps before it: real iff h <= l, else itself a forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errors import InvalidInput
from science.forecast.differences import check_length

MAX_HORIZON = 1_000
MAX_LEVELS = 6
MAX_LAG = 10_000


@dataclass(frozen=True)
class Level:
    """One difference being undone at one step."""

    lag: int
    of: str  # the series that the anchor belongs to: "y", or "diff[12]" for y differenced at 12
    anchor: int  # its place, 1 for the first value of y
    real: bool
    depth: int  # how many forecasts lie between this value and a real one
    base: int  # the real value at the chain's end


@dataclass(frozen=True)
class Step:
    """One value of the forecast and its levels, in the order in which they are undone."""

    h: int
    t: int
    levels: tuple[Level, ...]

    @property
    def depth(self) -> int:
        return sum(level.depth for level in self.levels)

    @property
    def all_real(self) -> bool:
        return all(level.real for level in self.levels)


def provenance(n: int, lags: Sequence[int], h: int) -> tuple[Step, ...]:
    """Tell the anchors of every step 1..h of a forecast made after n values, through differences applied in this order."""
    check_lags(lags)
    check_horizon(h)
    check_length(n, lags, remaining=0, field="n")
    names = [_name(lags[:k]) for k in range(len(lags))]
    stack = list(zip(lags, names, strict=True))[::-1]
    return tuple(Step(step, n + step, tuple(_level(n, step, lag, of) for lag, of in stack)) for step in range(1, h + 1))


def check_lags(lags: Sequence[int], *, field: str = "lags") -> None:
    """Raise InvalidInput unless these are lags that can be stacked."""
    if len(lags) > MAX_LEVELS:
        raise InvalidInput(f"there are {len(lags)} differences; at most {MAX_LEVELS} can be stacked", field=field)
    for place, lag in enumerate(lags):
        if isinstance(lag, bool) or not isinstance(lag, int) or not 1 <= lag <= MAX_LAG:
            detail = f"lag {place + 1} must be a whole number from 1 to {MAX_LAG}"
            raise InvalidInput(detail, field=f"{field}.{place}")


def check_horizon(h: int, *, field: str = "h") -> None:
    """Raise InvalidInput unless 1 <= h <= MAX_HORIZON."""
    if isinstance(h, bool) or not isinstance(h, int) or not 1 <= h <= MAX_HORIZON:
        raise InvalidInput(f"h must be a whole number from 1 to {MAX_HORIZON}", field=field)


def _level(n: int, h: int, lag: int, of: str) -> Level:
    depth = (h - 1) // lag
    return Level(lag=lag, of=of, anchor=n + h - lag, real=depth == 0, depth=depth, base=n + h - lag * (depth + 1))


def _name(lags: Sequence[int]) -> str:
    return f"diff[{','.join(map(str, lags))}]" if lags else "y"
