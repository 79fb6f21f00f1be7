# Build:  docker build -t cronitor .
# Run:    docker run -d --name cronitor -p 127.0.0.1:8787:8787 -v cronitor:/data cronitor

FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_CONSTRAINT=/src/constraints.txt \
    PIP_BUILD_CONSTRAINT=/src/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY storage storage
RUN pip wheel --no-deps --wheel-dir /dist . \
    && python -m venv /opt/cronitor \
    && /opt/cronitor/bin/pip install /dist/*.whl

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Cronitor" \
      org.opencontainers.image.description="Self-hosted monitor for scheduled jobs" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
RUN useradd --system --uid 10001 --user-group --home-dir /data --no-create-home cronitor \
    && install --directory --owner cronitor --group cronitor --mode 0700 /data
COPY --from=build /opt/cronitor /opt/cronitor
ENV PATH=/opt/cronitor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CRONITOR_DATA_DIR=/data \
    CRONITOR_SERVER__HOST=0.0.0.0
# by number, so that an orchestrator can see that it is not root
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["cronitor", "healthcheck"]
ENTRYPOINT ["cronitor"]
CMD ["up"]
