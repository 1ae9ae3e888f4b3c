"""Linear and generalized linear mixed models: lme4's, by blocked Cholesky factors on NumPy and SciPy alone."""

from science.mixed.bootstrap import Bootstrap, bootstrap
from science.mixed.compare import Comparison, compare
from science.mixed.f_tests import FTest, f_tests
from science.mixed.fit import Analysis, analyse, fit
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.predict import Predictions, predict
from science.mixed.profile import Profile, profile
from science.mixed.random import GroupEffects
from science.mixed.result import Fit
from science.mixed.simulate import simulated
from science.mixed.spec import Spec, Variances

__all__ = [
    "Analysis",
    "Bootstrap",
    "Comparison",
    "FTest",
    "Fit",
    "GeneralizedAnalysis",
    "GroupEffects",
    "Predictions",
    "Profile",
    "Spec",
    "Variances",
    "analyse",
    "bootstrap",
    "compare",
    "f_tests",
    "fit",
    "predict",
    "profile",
    "simulated",
]
