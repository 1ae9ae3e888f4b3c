"""The peers most people write: Flask and AutoARIMA of statsforecast, or auto_arima of pmdarima; nothing stored, nothing checked.

Run: python forecast_flask.py PORT statsforecast|pmdarima
"""

import sys

import numpy as np
from flask import Flask, request

app = Flask(__name__)
if sys.argv[2] == "pmdarima":
    from pmdarima import auto_arima
else:
    from statsforecast.models import AutoARIMA


@app.post("/forecast")
def forecast():
    asked = request.get_json()
    y = np.array(asked["y"], dtype=float)
    if sys.argv[2] == "pmdarima":
        mean, bounds = auto_arima(y, m=asked["season"]).predict(asked["h"], return_conf_int=True)
        return {"mean": mean.tolist(), "bounds": bounds.tolist()}
    told = AutoARIMA(season_length=asked["season"]).forecast(y, h=asked["h"], level=[80, 95])
    return {name: values.tolist() for name, values in told.items()}


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
