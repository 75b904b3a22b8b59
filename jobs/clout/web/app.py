"""The service: pages, figures with their downloads, charts, and what an explorer needs to find its way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from clout.config.paths import SQL
from clout.config.version import code_version
from clout.warehouse.contract import Warehouse
from clout.web import charts, figures, klout, klout_routes, model_text, pages, tables, words
from clout.web.asked import Asked, NotFound
from clout.web.guard import Guard, Policy
from clout.web.rendering import environment
from clout.web.snapshot import Library

HERE = Path(__file__).parent
#: The files that pages load, by name.
STATIC = {name: HERE / "static" / name for name in ("clout.css", "clout.svg")} | {
    model_text.PICTURE: SQL / model_text.PICTURE
}

#: What would raise a score: of a day's model version, the person's rows of platform_scores and the score's row; (platform,
#: evidence, points), the most first. None where nobody can say.
Steps = Callable[[Asked, dict[str, Any]], list[dict[str, Any]] | None]


@dataclass(frozen=True)
class Settings:
    """What the operator chose, and what the pages cannot know by themselves."""

    policy: Policy = field(default_factory=Policy)
    steps: Steps = lambda asked, score: None
    model: Mapping[str, Any] = field(default_factory=dict)
    model_file: str = ""
    also: frozenset[str] = frozenset()
    is_apart: bool = False


def create_app(warehouse: Warehouse, settings: Settings | None = None) -> Guard:
    """The service over a warehouse, with its door."""
    settings = settings or Settings()
    library = Library(warehouse, is_apart=settings.is_apart)
    tag = _tag()
    app = FastAPI(
        title="Clout",
        version=code_version().partition("+")[0],
        description=f"Scores of social influence, read only. {words.NOT_FOR}",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # a redirection would repeat the name by which the service was asked
    )
    templates = environment(tag)

    def page(request: Request, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
        context |= {"path": request.url.path, "snapshot": request.state.snapshot}
        return HTMLResponse(templates.get_template(template).render(**context), status)

    @app.exception_handler(NotFound)
    def not_found(request: Request, error: NotFound) -> Response:
        return page(request, "not_found.html", 404, title="Not found")

    @app.exception_handler(HTTPException)
    def no_such_page(request: Request, error: HTTPException) -> Response:
        if klout_routes.is_api(request.url.path):
            said = {"error": error.status_code, "description": klout.NO_SUCH_ADDRESS}
            return JSONResponse(said, error.status_code)
        return page(request, "not_found.html", error.status_code, title="Not found")

    def shown(path: str, name: str, content: Callable[[Asked, Settings], dict[str, Any]]) -> None:
        def answer(request: Request) -> Response:
            asked = Asked.of(request)
            return page(request, f"{name}.html", asked=asked, **content(asked, settings))

        app.add_api_route(path, answer, methods=["GET"], include_in_schema=False, name=name)

    klout_routes.add(app, settings.also)
    shown("/", "leaderboard", pages.leaderboard)
    shown("/movers", "movers", pages.movers)
    shown("/search", "search", pages.search)
    shown("/compare", "compare", pages.compare)
    shown("/topic", "topic", pages.topic)
    shown("/brand", "brand", pages.brand)
    shown("/night", "night", pages.night)
    shown("/model", "model", pages.model_card)
    shown("/me", "me", pages.me)
    shown("/glossary", "glossary", pages.glossary)

    def of_person(path: str, name: str, content: Callable[[Asked, Settings, str], dict[str, Any]]) -> None:
        def answer(request: Request, key: str) -> Response:
            asked = Asked.of(request)
            return page(request, f"{name}.html", asked=asked, **content(asked, settings, key))

        app.add_api_route(f"{path}/{{key:path}}", answer, methods=["GET"], include_in_schema=False, name=name)

    of_person("/person", "person", pages.person)
    of_person("/audience", "audience", pages.audience)
    of_person("/raise", "raise", pages.raising)

    @app.get("/sql/{name}", include_in_schema=False)
    def definition(request: Request, name: str) -> Response:
        return page(request, "definition.html", **pages.definition(name, settings))

    @app.get("/tables", include_in_schema=False)
    def all_tables(request: Request) -> Response:
        return page(request, "tables.html", **tables.content(formulas_of(settings)))

    @app.get("/figure/{name}", include_in_schema=False)
    def figure(request: Request, name: str) -> Response:
        asked = Asked.of(request)
        stem, _, kind = name.partition(".")
        found, table, values = pages.figure(asked, stem)
        if kind == "csv":
            attached = {"content-disposition": f'attachment; filename="{stem}-{asked.day}.csv"'}
            return Response(figures.as_csv(table), media_type="text/csv; charset=utf-8", headers=attached)
        if kind == "json":
            return Response(figures.as_json(found, table, asked.snapshot, values), media_type="application/json")
        if kind:
            raise NotFound
        return page(request, "figure.html", asked=asked, figure=found, table=table, values=values, title=found.title)

    @app.get("/chart/{name}.svg", include_in_schema=False)
    def chart(request: Request, name: str) -> Response:
        asked = Asked.of(request)
        drawn = pages.chart(asked, name, charts.NARROW if asked.given.get("narrow") else charts.WIDE)
        return Response(drawn, media_type="image/svg+xml")

    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in STATIC or not STATIC[name].is_file():
            raise NotFound
        kind = "text/css; charset=utf-8" if name.endswith("css") else "image/svg+xml"
        return Response(STATIC[name].read_text(encoding="utf-8"), media_type=kind)

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return page(request, "docs.html", title="API", schema=app.openapi())

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return RedirectResponse("/static/clout.svg", 301)

    return Guard(app, library, settings.policy, tag)


def formulas_of(settings: Settings) -> str:
    """Which formulas the model's file asks for; those of the first where it says nothing."""
    return str(settings.model.get("formulas", "v1"))


def _tag() -> str:
    """What answers depend on besides the warehouse: this package's files."""
    digest = hashlib.sha256(code_version().encode())
    for file in sorted(HERE.rglob("*")):
        if file.suffix in (".html", ".css", ".svg", ".sql", ".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
