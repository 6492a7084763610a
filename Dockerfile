# ehubsim in a container: no root, nothing written outside the volume, ends within seconds of SIGTERM.
#
#   docker build -t ehubsim .
#   docker run --rm --read-only --tmpfs /tmp -v ehubsim:/var/lib/ehubsim -p 9319:9319 ehubsim
#
# Certificates are made in the volume at the first start. The control API wants the token that is printed,
# or the one given as EHUBSIM_CONTROL_TOKEN; certificates for clients: GET /_sim/certs/{participant}.zip.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY simulator ./simulator
COPY scenarios ./scenarios
COPY .ci/constraints.txt ./
RUN python -m venv /opt/ehubsim \
 && PIP_CONSTRAINT=/src/constraints.txt /opt/ehubsim/bin/pip install --no-cache-dir --quiet '.[speed]' \
 && /opt/ehubsim/bin/python -m compileall -q /opt/ehubsim/lib

FROM python:3.13-slim
COPY --from=build /opt/ehubsim /opt/ehubsim
RUN useradd --system --uid 10001 --home-dir /var/lib/ehubsim --create-home --shell /usr/sbin/nologin ehubsim
USER 10001:10001
WORKDIR /var/lib/ehubsim
VOLUME /var/lib/ehubsim
ENV PATH=/opt/ehubsim/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    EHUBSIM_CERTS=/var/lib/ehubsim/certs \
    EHUBSIM_PORT=9319 \
    EHUBSIM_PLAIN_PORT=0
EXPOSE 9319
STOPSIGNAL SIGTERM
# Slim images have no curl. The certificate's names are not the question here; whether it answers is.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os,ssl,urllib.request as u; u.urlopen(f'https://127.0.0.1:{os.environ[\"EHUBSIM_PORT\"]}/_sim/health', timeout=2, context=ssl._create_unverified_context())"]
ENTRYPOINT ["ehubsim"]
CMD ["serve", "--host", "0.0.0.0"]
