"""The settings: read from the environment once, checked, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from errors import ConfigurationError

PREFIX = "LAMPLIGHT_"
SERVER_SETTINGS = frozenset({"LAMPLIGHT_THREADS"})  # read by gunicorn.conf.py, before there is an application


class Settings(BaseModel):
    """What the environment says. A field `max_rows` is the variable LAMPLIGHT_MAX_ROWS; DATABASE_URL has no prefix."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str | None = None  # unset: the embedded PostgreSQL under data
    data: str = ".data"
    secret: str = Field(min_length=32)  # keys the ids of results: changing it forgets which question has which answer
    behind_proxy: bool = False  # is the caller's address the last of X-Forwarded-For, as a router vouches for it?
    public: bool = False  # may callers without a key compute on data they send?

    max_body_bytes: int = Field(8 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    max_rows: int = Field(200_000, ge=1)
    max_columns: int = Field(1_000, ge=1)
    max_levels: int = Field(10_000, ge=2)
    max_terms: int = Field(500, ge=1)
    max_design_columns: int = Field(2_000, ge=1)
    max_cells: int = Field(10_000_000, ge=100)
    max_simulated: int = Field(1_000_000, ge=1)
    max_formula_length: int = Field(2_000, ge=10)
    max_formula_depth: int = Field(50, ge=5, le=100)  # a call takes four of Python's 1,000 frames
    max_interaction_order: int = Field(5, ge=1, le=20)
    max_degree: int = Field(20, ge=1)
    max_spline_df: int = Field(50, ge=1)
    max_variances: int = Field(500, ge=1)
    max_crossed_effects: int = Field(3_000, ge=1)
    max_dataset_rows: int = Field(1_000_000, ge=1)  # stored; what is computed on is bounded by max_rows
    max_site_cells: int = Field(50_000_000, ge=100)  # rows times columns of all datasets of a site: about 600 MB of Postgres
    max_datasets: int = Field(1_000, ge=1)
    max_models: int = Field(1_000, ge=1)  # of a site

    rate_per_key: int = Field(600, ge=1)  # requests a minute
    rate_per_address: int = Field(120, ge=1)  # requests a minute, for callers without a key
    concurrency: int = Field(1, ge=1)  # computations at once in one process: two would only take the interpreter from each other
    patience_seconds: float = Field(5.0, gt=0, le=25)  # longest wait for a turn; the router gives up at 30
    deadline_seconds: float = Field(10.0, gt=0, le=25)  # longest computation of one request
    inline_seconds: float = Field(2.0, gt=0, le=25)  # what is estimated to take longer becomes a job

    job_seconds: float = Field(600.0, gt=0, le=86_400)  # longest run of one job
    job_memory_mb: int | None = Field(None, ge=64)  # beyond what a fresh child holds; unset: a third of the machine, 192 to 2048
    max_jobs: int = Field(30, ge=1)  # unfinished ones of a site that came as requests: each keeps its data
    worker_concurrency: int | None = Field(None, ge=1, le=64)  # jobs at once; unset: as many as cores and memory allow
    worker_beside: bool = True  # does the web dyno run a worker, too?
    ping_hosts: str = "hc-ping.com,cronitor.link,nosnch.in"  # the hosts that ping_url may be at
    ping_url: str | None = None  # told when the nightly run has ended, and at /fail when something failed

    payment_days: int = Field(180, ge=1, le=3_650)  # how long a scored payment is remembered: chargebacks take four months
    max_payments: int = Field(1_000_000, ge=1)  # remembered of one model; the oldest are forgotten
    tensorboard: str | None = None  # a folder for the losses of models that ask for it

    anonymous_ttl_days: int = Field(30, ge=1)  # answers to callers without a key are kept this long

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgres://", "postgresql://", "postgresql+psycopg2://")):
            raise ValueError("must begin with postgres:// or postgresql://")
        return url

    @field_validator("ping_url")
    @classmethod
    def _https(cls, url: str | None, given: ValidationInfo) -> str | None:
        if url is not None and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname or urlsplit(url).username):
            raise ValueError("must be an https address")
        if url is not None and urlsplit(url).hostname not in given.data.get("ping_hosts", "").split(","):
            raise ValueError("its host must be in LAMPLIGHT_PING_HOSTS")
        return url

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings. Raises ConfigurationError naming every variable that is missing, unknown or unusable."""
        values = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if _ours(name)}
        if environ.get("DATABASE_URL"):
            values["database_url"] = environ["DATABASE_URL"]
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError("; ".join(map(_told, error.errors(include_input=False)))) from None


def _ours(name: str) -> bool:
    return name.startswith(PREFIX) and name not in SERVER_SETTINGS


def _told(fault: object) -> str:
    assert isinstance(fault, dict)
    name = str(fault["loc"][0])
    variable = "DATABASE_URL" if name == "database_url" else PREFIX + name.upper()
    return f"{variable}: {fault['msg']}"
