"""The addresses of the service, all of them."""

from __future__ import annotations

from flask_restful import Resource

from resources.datasets import DatasetRows, Datasets, OneDataset
from resources.forecast import Forecast
from resources.forecast_provenance import ForecastProvenance
from resources.fraud import Fraud
from resources.fraud_card import FraudPicture
from resources.fraud_labels import FraudLabels
from resources.fraud_simulate import FraudSimulation
from resources.health import Live, Ready
from resources.jobs import Jobs, OneJob
from resources.mixed import Mixed
from resources.model_drift import ModelDrift
from resources.model_prediction import ModelPrediction
from resources.model_refit import ModelRefit
from resources.model_versions import ModelRollback, ModelVersions
from resources.models import Models, OneModel
from resources.openapi import OpenApi
from resources.pages import Docs, Home, StaticFile, SwaggerFile
from resources.regress import Regress
from resources.results import OneResult, Results
from resources.runs import Runs

ROUTES: tuple[tuple[type[Resource], *tuple[str, ...]], ...] = (
    (Regress, "/regress"),
    (Mixed, "/mixed"),
    (Forecast, "/forecast"),
    (ForecastProvenance, "/forecast/provenance"),
    (Fraud, "/fraud"),
    (FraudSimulation, "/fraud/simulate"),
    (FraudLabels, "/fraud/labels"),
    (Results, "/results"),
    (OneResult, "/results/<name>"),
    (Jobs, "/jobs"),
    (OneJob, "/jobs/<name>"),
    (Datasets, "/datasets"),
    (OneDataset, "/datasets/<name>"),
    (DatasetRows, "/datasets/<name>/rows"),
    (Models, "/models"),
    (OneModel, "/models/<name>"),
    (FraudPicture, "/models/<name>/card.svg", "/models/<name>/card.png"),
    (ModelRefit, "/models/<name>/refit"),
    (ModelPrediction, "/models/<name>/predict"),
    (ModelVersions, "/models/<name>/versions"),
    (ModelRollback, "/models/<name>/rollback"),
    (ModelDrift, "/models/<name>/drift"),
    (Runs, "/runs"),
    (Live, "/health/live"),
    (Ready, "/health/ready"),
    (OpenApi, "/openapi.json"),
    (Home, "/"),
    (Docs, "/docs"),
    (StaticFile, "/static/<path:name>"),
    (SwaggerFile, "/docs/ui/<path:name>"),
)

# Asked without a key and without counting: what watches the service, and what its pages are made of.
OPEN = frozenset(resource.__name__.lower() for resource in (Live, Ready, OpenApi, Home, Docs, StaticFile, SwaggerFile))
