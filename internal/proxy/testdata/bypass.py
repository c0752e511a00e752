"""Which hosts real requests reaches without a proxy: reads pairs of a NO_PROXY and a URL, and prints for each
whether it is excepted."""
import json
import os
import sys

import requests.utils


def ask(exceptions, url):
    os.environ["no_proxy"] = exceptions
    return requests.utils.should_bypass_proxies(requests.Request("GET", url).prepare().url, None)


json.dump([ask(*pair) for pair in json.load(sys.stdin)], sys.stdout)
