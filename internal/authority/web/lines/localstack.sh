export API_ENDPOINT=[[shell .API]] LOCALSTACK_API_ENDPOINT=[[shell .API]]
export IMAGE_NAME=localstack-entrypoint:latest[[if .IsLocal]] LEGACY_DOCKER_CLIENT=1[[end]]
localstack start -d[[if .IsLocal]] --network host -e OVERRIDE_IN_DOCKER=0[[end]]
localstack wait -t 30
