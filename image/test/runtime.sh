#!/bin/sh
# Stands in for LocalStack's Python runtime: records how it was started, and
# runs until it is told to stop.
echo "$*" >/tmp/arguments
env >/tmp/environment
trap 'exit 7' TERM
echo Ready.
while :; do
	sleep 0.1
done
