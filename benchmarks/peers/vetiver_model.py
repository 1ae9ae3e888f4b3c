"""The server that vetiver makes of statsmodels' fitted model: means without intervals, no key, no database."""

import os
import pickle

import pandas as pd
from vetiver import VetiverAPI, VetiverModel

with open(os.environ["PLAIN_MODEL"], "rb") as file:
    model = pickle.load(file)
app = VetiverAPI(VetiverModel(model, "sepals", prototype_data=pd.DataFrame({"Sepal_Width": [3.5], "Petal_Length": [1.4]}))).app
