"""Asks the licensing server as the emulator does, with requests, and prints as JSON how far that got."""

import json
import os
import re
import socket
import ssl

import requests
import urllib3
from requests.adapters import HTTPAdapter

ENDPOINT = "https://api.localstack.cloud/v1"
SECONDS = 5  # for the connection, and for the answer


class Emulators(HTTPAdapter):
    """Uses TLS as Python 3.13 and urllib3 2 do, which the emulator runs on. Debian's may be older."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, ssl_context=context(), **kwargs)

    def proxy_manager_for(self, proxy, **kwargs):
        return super().proxy_manager_for(proxy, ssl_context=context(), **kwargs)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM")
    made.set_alpn_protocols(["http/1.1"])
    made.hostname_checks_common_name = False
    made.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return made


def causes(error, seen=None):
    """An error and all that led to it."""
    seen = [] if seen is None else seen
    if isinstance(error, BaseException) and error not in seen:
        seen.append(error)
        for cause in (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__):
            causes(cause, seen)
    return seen


def stage(errors, proxied):
    """Where on the way an attempt failed, in the entrypoint's words."""

    def has(*kinds):
        return any(isinstance(error, kinds) for error in errors)

    if has(requests.exceptions.ProxyError) or proxied and has(requests.exceptions.ConnectTimeout):
        return "proxy"
    if has(socket.gaierror):
        return "names"
    if has(ConnectionError, urllib3.exceptions.ProtocolError, ssl.SSLEOFError):
        return "connection"
    # requests names a bundle that is not there in a bare OSError.
    if has(requests.exceptions.SSLError) or "CA certificate" in str(errors[0]):
        return "tls"
    return "connection" if has(requests.exceptions.ConnectionError, requests.exceptions.Timeout) else "configuration"


def attempt():
    url = (os.environ.get("API_ENDPOINT") or ENDPOINT) + "/"
    session = requests.Session()
    session.mount("https://", Emulators())
    try:
        proxied = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
        answer = session.get(url, timeout=SECONDS, allow_redirects=False)
        return {"stage": "server", "says": f"status {answer.status_code}"}
    except Exception as error:  # whatever ends the emulator's request
        errors = causes(error)
        return {"stage": stage(errors, bool(proxied)), "says": brief(error, errors[-1])}


def brief(error, cause):
    """One line, without the place in Python's own source, and without the password of a proxy."""
    line = f"{type(error).__name__}: {cause}".splitlines()[0]
    return re.sub(r" \(_ssl\.c:\d+\)", "", re.sub("//[^ ]*@", "//***@", line))


print(json.dumps(attempt()))
