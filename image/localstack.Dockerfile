# LocalStack's own image with our entrypoint in place of its script:
#
#   make image
#   docker build --file image/localstack.Dockerfile --tag localstack-pro:fast .
#
# It has a file of its own because Docker's classic builder builds all stages of a file, and would pull
# LocalStack's image for every other image, too.
ARG LOCALSTACK_IMAGE=localstack/localstack-pro:latest
FROM ${LOCALSTACK_IMAGE} AS localstack

COPY build/run-make-image-first/reference/usr/local/bin/entrypoint /usr/local/bin/entrypoint
COPY build/run-make-image-first/reference/usr/share/doc/ /usr/share/doc/
RUN ln -sf entrypoint /usr/local/bin/docker-entrypoint.sh && \
    { command -v dig || ln -s entrypoint /usr/local/bin/dig; }
# As in the Dockerfile, where the reasons are.
HEALTHCHECK --interval=1s --timeout=10s --start-period=2m --retries=50 \
    CMD ["entrypoint", "healthcheck"]
ENTRYPOINT ["docker-entrypoint.sh"]
