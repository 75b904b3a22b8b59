"""Shows a folder of Data Docs on loopback, to whoever calls it by its own address: reports_server.py PORT FOLDER."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class Handler(SimpleHTTPRequestHandler):
    """Refuses a Host that is another's name for this machine; lists no folder: the first page names the nights."""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        port = self.server.server_address[1]
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self.send_error(421, "Not the address of this server")
            return False
        return True

    def list_directory(self, path: object) -> None:
        """Answer that there is no such page: where a folder has none of its own, none is made up."""
        self.send_error(404, "No such page", "The first night that is judged puts a list of nights on the first page.")

    def log_message(self, *given: object) -> None:
        """Say nothing: what is looked at is nobody's business."""


if __name__ == "__main__":
    handler = partial(Handler, directory=sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()
