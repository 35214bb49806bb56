# One image for the web process, the worker, the relay and migrations: the command decides.

FROM node:24-bookworm-slim AS modules
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/production.txt requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/production.txt
COPY bin/assets.py bin/
COPY --from=modules /build/node_modules node_modules
RUN python bin/assets.py

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home oast
WORKDIR /srv/oast
COPY --from=build /opt/venv /opt/venv
COPY app app
COPY tenants tenants
COPY templates templates
COPY migrations migrations
COPY bin/healthy.py bin/
COPY worker.py gunicorn.conf.py LICENSE ./
COPY --from=build /build/app/static/vendor app/static/vendor
RUN /opt/venv/bin/python -m compileall -q app tenants worker.py

# The root file system may be read-only; what fontconfig caches goes to the tmpfs at /tmp.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLASK_APP=app \
    OAST_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000
USER oast
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "bin/healthy.py"]
CMD ["gunicorn", "--config", "gunicorn.conf.py"]
