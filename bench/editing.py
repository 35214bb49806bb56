"""How many statements one change of a cohort's definition takes, as its page makes it by htmx."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.embedded import Servers
from bench.filling import ACCOUNT, OUR_PCN, TOKEN, superuser
from bench.pages import DOMAIN
from bench.table import Statements
from tenants.db import db

PATH = f"/pcn/pcn-{OUR_PCN}/programmes/{OUR_PCN}/cohort"
WHAT = "one change of a definition"
HIDDEN = re.compile(r'name="(csrf_token|seen)"[^>]*value="([^"]*)"')
DEFINITION = {"rules": [{"kind": "age", "from": 40, "to": 69}, {"kind": "sex", "sexes": ["Female"]}]}


def measure(servers: Servers, app: Flask) -> Statements:
    """The row of the table: the second rule is moved up."""
    with _editable(servers):
        client = _analyst(app)
        page = client.get(f"{PATH}/edit", f"https://{DOMAIN}").text
        given = dict(HIDDEN.findall(page)) | {"act": "up", "place": "rules.1"}
        with _counted(app) as statements:
            headers = {"HX-Request": "true", "Referer": f"https://{DOMAIN}{PATH}/edit"}
            answer = client.post(f"{PATH}/change", f"https://{DOMAIN}", data=given, headers=headers)
        assert answer.status_code == 200, f"{answer.status}\n{answer.text}"
        assert "The rule is moved up" in answer.text, answer.text
    return Statements(len(statements), what=WHAT)


@contextmanager
def _editable(servers: Servers) -> Iterator[None]:
    """Inside, the account is an analyst too, and the programme's cohort is a draft with two rules."""
    ours = {"pcn": OUR_PCN, "account": ACCOUNT, "definition": json.dumps(DEFINITION)}
    with superuser(servers) as connection:
        connection.execute(
            "INSERT INTO membership (org_id, account_id, role, created_at)"
            " VALUES (%(pcn)s, %(account)s, 'analyst', now())",
            ours,
        )
        connection.execute(
            "INSERT INTO cohort (tenant_id, programme_id, definition, on_date, state, attrition, figures,"
            " members, version, screened_first)"
            " VALUES (%(pcn)s, %(pcn)s, %(definition)s, current_date, 'draft', '[]', '{}', 0, 0, false)",
            ours,
        )
        set_up = "UPDATE programme SET setup = %(setup)s WHERE tenant_id = %(pcn)s"
        connection.execute(set_up, ours | {"setup": json.dumps({"cohort": DEFINITION})})
        try:
            yield
        finally:
            connection.execute(set_up, ours | {"setup": "{}"})
            connection.execute("DELETE FROM cohort WHERE tenant_id = %(pcn)s", ours)
            connection.execute("DELETE FROM membership WHERE role = 'analyst' AND org_id = %(pcn)s", ours)


def _analyst(app: Flask) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction(PATH, f"https://{DOMAIN}") as session:
        session["_user_id"] = f"{ACCOUNT}.{TOKEN}"
        session["_fresh"] = True
    return client


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    """Inside, every statement that the application executes is kept."""
    statements: list[str] = []

    def executed(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", executed)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", executed)
