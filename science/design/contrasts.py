"""How a factor becomes columns: R's contr.treatment, contr.SAS, contr.sum, contr.helmert and contr.poly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.design.polynomial import orthogonal
from science.table import FloatArray

KINDS = ("treatment", "sum", "helmert", "poly", "SAS")
MOST_POLYNOMIAL_LEVELS = 95  # R's bound


@dataclass(frozen=True, slots=True)
class Contrast:
    """A kind of coding. base: the reference level of treatment, from 0; numbered: name columns by number, as R does
    when the base is given as one."""

    kind: str
    base: int = 0
    numbered: bool = False


TREATMENT = Contrast("treatment")
POLYNOMIAL = Contrast("poly")


def contrast_names(contrast: Contrast, levels: tuple[str, ...]) -> tuple[str, ...]:
    """Name the columns as R does: by level for treatment, .L .Q .C ^4 for polynomials, by number for the others."""
    count = len(levels)
    match contrast.kind:
        case "treatment" | "SAS":
            base = contrast.base if contrast.kind == "treatment" else count - 1
            written = [str(i + 1) for i in range(count)] if contrast.numbered else levels
            return tuple(name for i, name in enumerate(written) if i != base)
        case "poly":
            return (".L", ".Q", ".C", *(f"^{degree}" for degree in range(4, count)))[: count - 1]
    return tuple(str(i + 1) for i in range(count - 1))


def contrast_matrix(contrast: Contrast, count: int) -> FloatArray:
    """Build the (count - 1, count) coding: column i of it codes level i. Raises InvalidInput for too many levels of poly."""
    match contrast.kind:
        case "sum":
            return np.hstack([np.eye(count - 1), -np.ones((count - 1, 1))])
        case "helmert":
            return np.array([[-1.0] * (j + 1) + [j + 1.0] + [0.0] * (count - j - 2) for j in range(count - 1)])
        case "poly":
            return _polynomial(count)
    base = contrast.base if contrast.kind == "treatment" else count - 1
    return np.delete(np.eye(count), base, axis=0)


def _polynomial(count: int) -> FloatArray:
    if count > MOST_POLYNOMIAL_LEVELS:
        raise InvalidInput(
            f"polynomial contrasts go up to {MOST_POLYNOMIAL_LEVELS} levels and this factor has {count}; "
            "use another contrast, or a smooth function such as ns()",
            field="formula",
        )
    return orthogonal(np.arange(1.0, count + 1.0), count - 1)[0]
