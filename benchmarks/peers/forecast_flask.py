"""The peer most people write: Flask and statsforecast's AutoARIMA, nothing stored, nothing checked."""

import sys

import numpy as np
from flask import Flask, request
from statsforecast.models import AutoARIMA

app = Flask(__name__)


@app.post("/forecast")
def forecast():
    asked = request.get_json()
    told = AutoARIMA(season_length=asked["season"]).forecast(np.array(asked["y"], dtype=float), h=asked["h"], level=[80, 95])
    return {name: values.tolist() for name, values in told.items()}


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
