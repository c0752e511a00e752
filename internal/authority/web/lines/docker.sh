docker run --rm [[if .IsLocal]]--network host -e OVERRIDE_IN_DOCKER=0[[else]]-p 127.0.0.1:4566:4566[[end]] \
  -e LOCALSTACK_AUTH_TOKEN -e API_ENDPOINT=[[shell .API]] \
  -v localstack:/var/lib/localstack localstack-entrypoint:latest
