"""Ordinary and weighted least squares with R's answers and as many right digits as doubles can hold."""

from science.regress.fit import Fit, fit
from science.regress.predict import Predictions, predict
from science.regress.spec import Spec

__all__ = ["Fit", "Predictions", "Spec", "fit", "predict"]
