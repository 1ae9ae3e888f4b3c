"""Linear and generalized linear mixed models: lme4's, by blocked Cholesky factors on NumPy and SciPy alone."""
