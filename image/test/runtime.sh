#!/bin/sh
# Takes the place of LocalStack's Python runtime: records how it was started, and runs
# until it is stopped.
echo "$*" >/tmp/arguments
env >/tmp/environment
trap 'exit 7' TERM
echo Ready.
while :; do
	sleep 0.1
done
