"""Where the search begins: variances by moments, each effect taken alone."""

from __future__ import annotations

import numpy as np

from science.mixed.criterion import Criterion
from science.table import FloatArray

LEAST_RESIDUAL = 0.1  # of the variance that least squares leaves
SMALLEST, LARGEST = 0.1, 10.0  # a start this near to zero or infinity would say too much


def moments(criterion: Criterion) -> FloatArray:
    """Return a diagonal theta from the squared sums of the least-squares residual over the levels.

    In the scaled system the residual r has variance 1 and every column mean square 1, so with a_j = z_j'z_j and an effect of
    variance v, E (z_j'r)^2 = a_j (1 - v) + a_j^2 v.
    """
    shares = []
    for A, products in zip(criterion.system.own_blocks(), criterion.system.own_products(), strict=True):
        sums = products[:, :, -1]
        a = np.diagonal(A, axis1=1, axis2=2)
        plain = a.sum(0)
        spread = np.maximum((a**2).sum(0) - plain, 1e-10)
        shares.append(np.maximum(((sums**2).sum(0) - plain) / spread, 0.0))
    residual = max(1.0 - float(sum(share.sum() for share in shares)), LEAST_RESIDUAL)
    return criterion.pattern.collected([np.diag(np.clip(np.sqrt(share / residual), SMALLEST, LARGEST)) for share in shares])
