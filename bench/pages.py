"""The pages that are measured: the product's own list of people, and bare Flask views beside it.

The real page goes through all of the product as it runs in production: sign-in, membership, permission,
tenancy, audit and commit. The bare view has none of it: one query on a connection of its own, without
policies, and the same template with the same values.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from flask import Flask, render_template, template_rendered
from psycopg.rows import namedtuple_row
from sqlalchemy import event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import config, create_app, render
from app.cohorts.participants import Listed
from app.embedded import Servers, exports
from bench.filling import ACCOUNT, OUR_PCN, TOKEN
from tenants.db import db

DOMAIN = "bench.example.test"
PATH = f"/pcn/pcn-{OUR_PCN}/programmes/{OUR_PCN}/participants"
ENDPOINT = "cohorts.participants"
TEMPLATE = "cohorts/participants.jinja"


@dataclass
class Seen:
    """What one rendering of the real page showed: its statements, its template, its values, its text."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def query(self) -> tuple[str, Any]:
        """The statement that fetched the people, as SQLAlchemy sent it, and its parameters."""
        found = [one for one in self.statements if "FROM participant JOIN person" in one[0]]
        assert len(found) == 1, found
        return found[0]


Ask = Callable[[], str]


def product(servers: Servers) -> Flask:
    """The application on that database, with the settings of production."""
    environ = {
        **exports(servers),
        "OAST_ENV": "production",
        "BASE_URL": f"https://{DOMAIN}",
        "SECRET_KEY": secrets.token_hex(32),
        "FILE_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    return create_app(config.from_environment(environ))


def asking(app: Flask, cookie: str = "") -> Ask:
    """What asks `app` for the page through WSGI, takes in the whole answer and returns its text."""
    environ = EnvironBuilder(PATH, f"https://{DOMAIN}", headers=[("Cookie", cookie)]).get_environ()

    def ask() -> str:
        body, status, _ = run_wsgi_app(app, dict(environ), buffered=True)
        text = b"".join(body).decode()
        assert status.startswith("200"), f"{status}\n{text}"
        return text

    return ask


def signed_in_cookie(app: Flask) -> str:
    """The cookie of a care coordinator who has seen one page since signing in."""
    client = app.test_client()
    with client.session_transaction(PATH, f"https://{DOMAIN}") as session:
        session["_user_id"] = f"{ACCOUNT}.{TOKEN}"
        session["_fresh"] = True
    client.get(PATH, f"https://{DOMAIN}")
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"], DOMAIN)
    assert cookie is not None
    return f"{cookie.key}={cookie.value}"


def look(app: Flask, ask: Ask) -> Seen:
    """Ask once, and keep what was executed and what the template was given."""
    seen = Seen()

    def executed(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.statements.append((statement, parameters))

    def rendered(_sender: Flask, context: dict[str, Any], **_rest: Any) -> None:
        seen.values = _settled(context)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", executed)
    with template_rendered.connected_to(rendered, app):
        seen.text = ask()
    event.remove(engine, "before_cursor_execute", executed)
    return seen


def _settled(context: dict[str, Any]) -> dict[str, Any]:
    """The template's own values, and in place of what it asks the product for, what the product answered."""
    here, token = context["here"], context["csrf_token"]()
    items = context["navigation"](context.get("noun", ""))
    held = {permission.name for permission in here.permissions}
    facts = ("place", "organisation", "account", "name", "roles", "places")
    own = ("programme", "wanted", "page", "known", "practices", "pagination")
    return {name: context[name] for name in own} | {
        "here": SimpleNamespace(**{name: getattr(here, name) for name in facts}),
        "navigation": lambda _noun: items,
        "csrf_token": lambda: token,
        "can": held.__contains__,
    }


def bare(like: Flask, seen: Seen, connection: psycopg.Connection[Any]) -> Flask:
    """A Flask application with one view: the one query on `connection`, and the same template."""
    app = _drawing_like(like)
    values, whole, (statement, parameters) = seen.values, seen.values["page"], seen.query
    names = {practice.id: practice.name for practice in values["practices"]}
    cursor: psycopg.Cursor[Any] = connection.cursor(row_factory=namedtuple_row)

    def view(**_address: Any) -> str:
        rows = cursor.execute(statement, parameters).fetchall()
        listed = [
            Listed(
                participant_id=row.id, status=row.status, since=row.status_since,
                name=f"{row.given_name} {row.family_name}",
                nhs_number=row.nhs_number, pseudonym=row.pseudonym, practice=names[row.practice_id],
                wave=row.wave, born=row.born,
            )
            for row in rows
        ]  # fmt: skip
        return render_template(TEMPLATE, **(values | {"page": replace(whole, rows=listed)}))

    app.view_functions[ENDPOINT] = view
    return app


def _drawing_like(like: Flask) -> Flask:
    """Bare Flask that draws the product's templates and knows its addresses, so that links come out alike."""
    app = Flask("bench.bare", static_folder=like.static_folder, static_url_path=like.static_url_path)
    app.template_folder = str(Path(like.root_path) / str(like.template_folder))
    settings = ("OAST_ENV", "OAST_DEMONSTRATION", "SECRET_KEY")
    app.config.update({name: like.config[name] for name in settings} | {"PROPAGATE_EXCEPTIONS": True})
    render.init_app(app)
    for rule in like.url_map.iter_rules():
        if rule.endpoint not in app.view_functions:
            app.url_map.add(rule.empty())

    @app.url_defaults
    def lead_to_our_pcn(endpoint: str, values: dict[str, Any]) -> None:
        for name, value in (("slug", f"pcn-{OUR_PCN}"), ("kind", "pcn")):
            if name not in values and app.url_map.is_endpoint_expecting(endpoint, name):
                values[name] = value

    return app


def fixed(text: str) -> Flask:
    """A Flask application with one view, which returns `text`."""
    app = Flask("bench.fixed")
    app.add_url_rule(PATH, "fixed", lambda: text)
    return app
