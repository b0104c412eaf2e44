# Daybook in an image: `docker build --tag daybook .`, then docs/operating.md#containers.
# It runs as a user without rights, on a read-only root, and writes into /var/lib/daybook.

FROM python:3.13.16-slim-trixie@sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/daybook
# Before the code, so that a change of it alone downloads no package again.
COPY requirements.lock ./
RUN /opt/daybook/bin/pip install --require-hashes --requirement requirements.lock
COPY . ./
RUN /opt/daybook/bin/pip install --no-deps --no-build-isolation . \
  && /opt/daybook/bin/pip uninstall --yes pip

FROM python:3.13.16-slim-trixie@sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c
RUN mkdir --mode=0700 /var/lib/daybook \
  && chown 10001:10001 /var/lib/daybook
COPY --from=build /opt/daybook /opt/daybook
# Temporary files may be as large as an export: they belong on the disk, not in memory.
ENV PATH=/opt/daybook/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  DAYBOOK_DATA=/var/lib/daybook \
  HOME=/var/lib/daybook \
  TMPDIR=/var/lib/daybook
USER 10001:10001
WORKDIR /var/lib/daybook
VOLUME /var/lib/daybook
EXPOSE 8000
# Any answer shows that the process lives; /readyz says whether it is ready.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --start-interval=1s --retries=4 \
  CMD ["python", "-c", "from http.client import HTTPConnection as Server; server = Server('127.0.0.1', 8000, timeout=8); server.request('GET', '/healthz'); server.getresponse()"]
ENTRYPOINT ["daybook"]
CMD ["serve", "--host", "0.0.0.0"]
