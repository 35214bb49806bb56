"""What the checking client counts."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import text

from tenants.db import db
from tests.checking import counted


def test_statements_are_counted_for_whoever_executes_them(app: Flask) -> None:
    with app.app_context():
        engine = db.engine

    def ask(question: str) -> list[str]:
        with counted() as mine, engine.connect() as connection:
            connection.execute(text(question))
        return mine

    with counted() as ours, ThreadPoolExecutor(1) as somebody:
        theirs = somebody.submit(ask, "SELECT 2").result(60)
        inner = ask("SELECT 1")
    assert (ours, inner, theirs) == (["SELECT 1"], ["SELECT 1"], ["SELECT 2"])
