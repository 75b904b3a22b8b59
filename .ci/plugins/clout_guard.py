"""Who may talk to the Airflow of `make ui`: who calls it by its own address, and came by the address with the token.

A page of the web that makes a name of its own point to 127.0.0.1 is still called by that name: its requests are refused by
their Host. A page that calls 127.0.0.1 has no cookie, since a cookie is given for the token alone, and is not sent along
from other sites.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

from airflow.plugins_manager import AirflowPlugin

#: GET /clout-login?token=... gives the cookie of the user admin, and leads to the first page.
LOGIN = "/clout-login"


class Guard:
    """ASGI middleware: refuses foreign Hosts; answers LOGIN itself."""

    def __init__(self, app: Any) -> None:
        self.app = app
        port = os.environ["AIRFLOW__API__PORT"]
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self.token = Path(os.environ["AIRFLOW_HOME"], "ui-token").read_text(encoding="ascii").strip()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            await _refuse(scope, receive, send, 421, "This Airflow is called by the address that make ui printed.\n")
        elif scope["type"] == "http" and scope["path"] == LOGIN:
            await self._login(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _login(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from airflow.api_fastapi.app import get_auth_manager, get_cookie_path
        from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
        from starlette.responses import RedirectResponse

        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            await _refuse(scope, receive, send, 403, "Not the token that make ui printed.\n")
            return
        response = RedirectResponse("/", status_code=303)
        jwt = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="admin", role="ADMIN"))
        response.set_cookie(COOKIE_NAME_JWT_TOKEN, jwt, path=get_cookie_path(), httponly=True, samesite="lax")
        response.headers["Referrer-Policy"] = "no-referrer"
        await response(scope, receive, send)


async def _refuse(scope: dict[str, Any], receive: Any, send: Any, status: int, text: str) -> None:
    from starlette.responses import PlainTextResponse

    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse(text, status_code=status)(scope, receive, send)


class CloutGuard(AirflowPlugin):
    """Puts the guard before everything that Airflow's server answers."""

    name = "clout_guard"
    fastapi_root_middlewares: ClassVar[list[dict[str, Any]]] = [{"name": "guard", "middleware": Guard}]
