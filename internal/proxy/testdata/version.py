"""Whether the installed requests is at least of each version that it reads."""
import json
import sys

import requests


def numbers(version):
    return [int(part) for part in version.split(".")[:3]]


json.dump([numbers(requests.__version__) >= numbers(version) for version in json.load(sys.stdin)], sys.stdout)
