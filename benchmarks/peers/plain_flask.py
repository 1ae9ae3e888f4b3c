"""The peer most people write: Flask and statsmodels.formula.api.ols, nothing stored, nothing checked."""

import pandas as pd
import statsmodels.formula.api as smf
from flask import Flask, request

app = Flask(__name__)


@app.post("/regress")
def regress():
    asked = request.get_json()
    fit = smf.ols(asked["formula"], pd.DataFrame(asked["data"])).fit()
    interval = fit.conf_int()
    return {
        "coefficients": [
            {
                "term": term,
                "estimate": fit.params[term],
                "std_error": fit.bse[term],
                "statistic": fit.tvalues[term],
                "p_value": fit.pvalues[term],
                "conf_low": interval.loc[term, 0],
                "conf_high": interval.loc[term, 1],
            }
            for term in fit.params.index
        ],
        "r_squared": fit.rsquared,
        "sigma": fit.mse_resid**0.5,
        "aic": fit.aic,
        "bic": fit.bic,
    }
