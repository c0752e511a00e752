# The images, from files that `make image` puts into a folder:
#
#   make image        # builds all of them
#   docker build .    # afterwards: the reference image, with any builder, and without pulling
#
# Targets: authority, reference (default), shell. image/localstack.Dockerfile is for LocalStack's own image.


# authority: a license authority, for compose.yaml and tests. It does not license LocalStack's own images.
FROM scratch AS authority

COPY build/run-make-image-first/authority/ /

# The subcommands of licenseserver find their data here: docker exec … licenseserver token list
WORKDIR /var/lib/licenseserver
ENV PATH=/usr/local/bin
VOLUME /var/lib/licenseserver
EXPOSE 8080
HEALTHCHECK --interval=1s --timeout=10s --start-period=15s --retries=50 \
    CMD ["entrypoint", "healthcheck", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["licenseserver"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
LABEL org.opencontainers.image.title="localstack-license-authority" \
      org.opencontainers.image.description="A license authority for tests; it does not license LocalStack's own images" \
      org.opencontainers.image.licenses="Apache-2.0"


# reference: the entrypoint and the reference emulator, and nothing else.
FROM scratch AS reference

COPY build/run-make-image-first/reference/ /

WORKDIR /opt/code/localstack
VOLUME /var/lib/localstack
EXPOSE 4566 4510-4559 5678
# Failures in the first two minutes, BOOT hooks included, do not count. After that, a container is unhealthy when it
# has not answered for 50 s, as LocalStack's own (5 failures, one each 10 s). The check gives up after 2 s by itself;
# the 10 s are for an engine that is slow to start it.
HEALTHCHECK --interval=1s --timeout=10s --start-period=2m --retries=50 \
    CMD ["entrypoint", "healthcheck"]
ENTRYPOINT ["docker-entrypoint.sh"]

# Last, because they differ from build to build; `make image` sets them. Without a
# version the entrypoint uses its own.
ARG LOCALSTACK_BUILD_VERSION=
ARG LOCALSTACK_BUILD_DATE=unknown
ARG LOCALSTACK_BUILD_GIT_HASH=unknown
# USER is what LocalStack's image sets; the user is root in both.
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    USER=localstack \
    LOCALSTACK_BUILD_VERSION=${LOCALSTACK_BUILD_VERSION} \
    LOCALSTACK_BUILD_DATE=${LOCALSTACK_BUILD_DATE} \
    LOCALSTACK_BUILD_GIT_HASH=${LOCALSTACK_BUILD_GIT_HASH}
LABEL org.opencontainers.image.title="localstack-entrypoint" \
      org.opencontainers.image.description="LocalStack's entrypoint with a reference emulator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${LOCALSTACK_BUILD_VERSION}" \
      org.opencontainers.image.revision="${LOCALSTACK_BUILD_GIT_HASH}"


# shell: the reference image with a static busybox, for clients that replace the entrypoint with sh.
FROM reference AS shell

COPY build/run-make-image-first/busybox-static/ /
LABEL org.opencontainers.image.title="localstack-entrypoint-shell" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-only"


# A plain `docker build .` builds the last stage.
FROM reference
