"""Which proxy real requests chooses: reads environments, as lists of entries, and URLs, and prints for each the
value of the variable that counts, or null."""
import json
import os
import sys

import requests
import requests.utils


def ask(entries, url):
    os.environ.clear()
    for entry in entries:
        name, _, value = entry.partition("=")
        os.environ[name] = value
    # as LocalStack asks its server: localstack.utils.http.get_proxies
    own = {}
    for scheme in ("http", "https"):
        if value := os.environ.get("OUTBOUND_%s_PROXY" % scheme.upper()):
            own[scheme] = value
    session = requests.Session()
    settings = session.merge_environment_settings(url, own, None, None, None)
    return requests.utils.select_proxy(url, settings["proxies"])


json.dump([ask(*pair) for pair in json.load(sys.stdin)], sys.stdout)
