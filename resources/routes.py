"""The addresses of the service, all of them."""

from __future__ import annotations

from flask_restful import Resource

from resources.datasets import DatasetRows, Datasets, OneDataset
from resources.forecast import Forecast
from resources.forecast_provenance import ForecastProvenance
from resources.health import Live, Ready
from resources.jobs import Jobs, OneJob
from resources.mixed import Mixed
from resources.openapi import OpenApi
from resources.pages import Docs, Home, StaticFile, SwaggerFile
from resources.regress import Regress
from resources.results import OneResult, Results

ROUTES: tuple[tuple[type[Resource], str], ...] = (
    (Regress, "/regress"),
    (Mixed, "/mixed"),
    (Forecast, "/forecast"),
    (ForecastProvenance, "/forecast/provenance"),
    (Results, "/results"),
    (OneResult, "/results/<name>"),
    (Jobs, "/jobs"),
    (OneJob, "/jobs/<name>"),
    (Datasets, "/datasets"),
    (OneDataset, "/datasets/<name>"),
    (DatasetRows, "/datasets/<name>/rows"),
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
