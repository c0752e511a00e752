# The images, from the programs in bin/ and the folder build/rootfs:
#
#   make build && image/rootfs.sh && docker build .
#
# Targets: reference (default), authority, localstack. Docker's classic builder
# builds all stages before its target too, so give it --target reference.

ARG LOCALSTACK_IMAGE=localstack/localstack-pro:latest


# authority: a license authority, for compose.yaml and tests. It does not license LocalStack's own images.
FROM scratch AS authority

LABEL org.opencontainers.image.title="localstack-license-authority" \
      org.opencontainers.image.description="A license authority for tests; it does not license LocalStack's own images" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY bin/licenseserver bin/entrypoint /usr/local/bin/
COPY LICENSE THIRD-PARTY-NOTICES /usr/share/doc/localstack-entrypoint/

# The subcommands of licenseserver find their data here: docker exec … licenseserver token list
WORKDIR /var/lib/licenseserver
ENV PATH=/usr/local/bin
VOLUME /var/lib/licenseserver
EXPOSE 8080
HEALTHCHECK --interval=10s --start-period=5s --timeout=5s --retries=3 \
    CMD ["entrypoint", "healthcheck", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["licenseserver"]
CMD ["serve", "--listen", "0.0.0.0:8080"]


# reference: the entrypoint and the reference emulator, and nothing else.
FROM scratch AS reference

COPY build/rootfs/ /
COPY bin/entrypoint bin/emulator /usr/local/bin/
COPY LICENSE THIRD-PARTY-NOTICES /usr/share/doc/localstack-entrypoint/

WORKDIR /opt/code/localstack
VOLUME /var/lib/localstack
EXPOSE 4566 4510-4559 5678
HEALTHCHECK --interval=10s --start-period=15s --timeout=10s --retries=5 \
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

COPY build/busybox-static/ /
LABEL org.opencontainers.image.title="localstack-entrypoint-shell" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-only"


# localstack: LocalStack's own image with our entrypoint in place of its script.
FROM ${LOCALSTACK_IMAGE} AS localstack

COPY bin/entrypoint /usr/local/bin/entrypoint
COPY LICENSE THIRD-PARTY-NOTICES /usr/share/doc/localstack-entrypoint/
RUN ln -sf entrypoint /usr/local/bin/docker-entrypoint.sh && \
    { command -v dig || ln -s entrypoint /usr/local/bin/dig; }
HEALTHCHECK --interval=10s --start-period=15s --timeout=10s --retries=5 \
    CMD ["entrypoint", "healthcheck"]
ENTRYPOINT ["docker-entrypoint.sh"]


# A plain `docker build .` builds the last stage.
FROM reference
