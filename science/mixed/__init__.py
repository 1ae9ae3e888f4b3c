"""Linear and generalized linear mixed models: lme4's, by blocked Cholesky factors on NumPy and SciPy alone."""

from science.mixed.bootstrap import Bootstrap, bootstrap
from science.mixed.compare import Comparison, compare
from science.mixed.fit import fit
from science.mixed.predict import Predictions, level_codes, predict
from science.mixed.profile import Profile, profile
from science.mixed.random import GroupEffects
from science.mixed.result import Fit
from science.mixed.simulate import simulated
from science.mixed.spec import Spec, Variances

__all__ = [
    "Bootstrap",
    "Comparison",
    "Fit",
    "GroupEffects",
    "Predictions",
    "Profile",
    "Spec",
    "Variances",
    "bootstrap",
    "compare",
    "fit",
    "level_codes",
    "predict",
    "profile",
    "simulated",
]
