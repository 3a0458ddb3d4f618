"""A simulated store's server: one WSGI application on a port of its own, in a thread."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    """No log lines; a connection that a fault cut is really closed."""

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Hang up, so that the client is not left waiting."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Say nothing; a client that hangs up is an everyday event here."""


class Server:
    """Listens from `start` to `stop`; port 0 takes a free one."""

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._server: BaseWSGIServer | None = None

    def start(self, application: WSGIApplication) -> str:
        """Listen for the application, and return the address at once."""
        self._server = make_server(
            self._host,
            self._port,
            application,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self._tls,
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self._host}:{self._server.server_port}"

    def stop(self) -> None:
        """Stop listening, if it ever began."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
