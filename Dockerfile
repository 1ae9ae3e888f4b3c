# Lamplight in a container. DATABASE_URL and LAMPLIGHT_SECRET are given when it runs; docs/HEROKU.md has the settings.

FROM python:3.13-slim AS packages
COPY requirements.txt /build/
COPY bin/post_compile /build/bin/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --quiet --requirement /build/requirements.txt \
    && PATH=/venv/bin:$PATH /build/bin/post_compile

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 lamplight
COPY --from=packages /venv /venv
WORKDIR /app
COPY app.py config.py errors.py logs.py gunicorn.conf.py ./
COPY jobs jobs
COPY kinds kinds
COPY plots plots
COPY resources resources
COPY science science
COPY store store
COPY web web
USER lamplight
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live', timeout=4)"]
CMD ["python", "-m", "jobs.dyno"]
