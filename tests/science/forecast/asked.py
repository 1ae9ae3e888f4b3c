"""Ask for a forecast in one line, as these tests do."""

import numpy as np

from science.deadline import no_deadline
from science.forecast.answer import Forecast
from science.forecast.engine import fit
from science.forecast.fitted import Fitted, tell
from science.forecast.outlook import Outlook
from science.forecast.spec import Series, Spec
from science.forecast.transform import NONE
from science.limits import Limits

MONTHS = tuple(f"{1949 + i // 12}-{i % 12 + 1:02d}" for i in range(144))


def form(mean, sigma, psi, power=NONE) -> Outlook:
    """Make a form of these means, (origins, h), sigmas, (origins,), and psi weights, (h,)."""
    return Outlook("one", (1,), power, mean, sigma, psi, np.zeros_like(mean), False, np.full(100, np.nan), {})


def ask(y, ds=None, x=None, x_future=None, **spec) -> Forecast:
    """Forecast y with the defaults but for what is given."""
    return tell(fitted(y, ds, x, x_future, **spec))


def fitted(y, ds=None, x=None, x_future=None, **spec) -> Fitted:
    """Learn from y what its forecast needs, with the defaults but for what is given."""
    return fit(Spec(**spec), Series(np.asarray(y, float), ds, None, x or {}, x_future or {}), Limits(), no_deadline())
