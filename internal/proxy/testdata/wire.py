"""What real requests sends to a proxy: reads addresses of proxies in which PROXY stands for host and port, and
prints for each what arrived there, "sent" with Proxy-Authorization, or "failed"."""
import json
import os
import socketserver
import sys
import threading

import requests

seen = []


class Proxy(socketserver.StreamRequestHandler):
    """Answers everything with 418, and remembers the credentials."""

    def handle(self):
        sent = ""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"proxy-authorization":
                sent = value.strip().decode()
        seen.append(sent)
        self.wfile.write(b"HTTP/1.1 418 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(address):
    seen.clear()
    os.environ["https_proxy"] = address.replace("PROXY", "127.0.0.1:%d" % server.server_address[1])
    try:
        requests.get("https://api.test/", timeout=5)
    except Exception:
        pass
    return "sent " + seen[0] if seen else "failed"


json.dump([ask(address) for address in json.load(sys.stdin)], sys.stdout)
