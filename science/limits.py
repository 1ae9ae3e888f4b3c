"""How much a request may ask for. Counted before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from errors import LimitExceeded


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one request; each is a setting of the same name (LAMPLIGHT_MAX_ROWS, ...)."""

    max_rows: int = 200_000
    max_columns: int = 1_000  # of the data
    max_levels: int = 10_000  # of one factor
    max_terms: int = 500  # of the expanded formula
    max_design_columns: int = 2_000
    max_cells: int = 10_000_000  # rows times columns of the design: 80 MB of doubles
    max_simulated: int = 1_000_000  # numbers that a simulation tells: 18 MB of JSON
    max_formula_length: int = 2_000
    max_formula_depth: int = 50
    max_interaction_order: int = 5
    max_degree: int = 20  # of poly()
    max_spline_df: int = 50  # of bs() and ns()
    max_variances: int = 500  # and covariances of a mixed model's random effects
    max_crossed_effects: int = 3_000  # of all crossed factors but the largest: a dense matrix of 72 MB

    def check(self, setting: str, count: int, what: str, *, field: str = "") -> None:
        """Raise LimitExceeded naming the setting when `count` is above it. `what` is a clause: "x has 65000 levels"."""
        limit: int = getattr(self, setting)
        if count > limit:
            raise LimitExceeded(setting, limit, what, field=field)
