"""The peer most people write: Flask, and statsmodels' fitted model out of a pickle. Nothing is checked, no key, no database."""

import os
import pickle

import pandas as pd
from flask import Flask, request

app = Flask(__name__)
with open(os.environ["PLAIN_MODEL"], "rb") as file:
    model = pickle.load(file)


@app.post("/predict")
def predict():
    rows = pd.DataFrame(request.get_json()["data"])
    told = model.get_prediction(rows).summary_frame(alpha=0.05)
    return {
        "predictions": [
            {
                "fit": row["mean"],
                "std_error": row["mean_se"],
                "conf_low": row["mean_ci_lower"],
                "conf_high": row["mean_ci_upper"],
                "pred_low": row["obs_ci_lower"],
                "pred_high": row["obs_ci_upper"],
            }
            for row in told.to_dict("records")
        ]
    }
