docker run --rm -p 127.0.0.1:4566:4566 \
  -e LOCALSTACK_AUTH_TOKEN -e API_ENDPOINT=[[shell .Desktop]] \
  -v localstack:/var/lib/localstack localstack-entrypoint:latest
