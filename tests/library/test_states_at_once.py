"""A draft is changed at the very moment at which somebody else decides on it, with real commits."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.library import states, versions
from app.library.models import LibraryItem
from tenants.db import db
from tests.conftest import block, signed_in_client
from tests.library.steps import seen_on
from tests.library.test_states import DOVER, TEXT
from tests.world import World

LONG_ENOUGH = 0.3  # seconds for the second to come to where it waits; were it later, the outcome is the same
CHANGED = TEXT | {"body": TEXT["body"] + " Thank you."}


class AtOnce:
    """A text by Mandy, which she changes while somebody else presses a button below the old words."""

    def __init__(self, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.world, self.monkeypatch = app, world, monkeypatch
        self.address = str(self.client("mandy").post(f"{DOVER}/write", data=TEXT).location)

    def client(self, who: str) -> Any:
        return signed_in_client(self.app, self.world, who)

    def changed_while(self, who: str, page: str, **values: Any) -> Any:
        """What `who` is told, who posts to `page` what it had shown while Mandy's change is being saved."""
        mandy = self.client("mandy")
        ours, theirs = (
            seen_on(mandy, f"{self.address}/edit"),
            seen_on(self.client(who), self.address + page),
        )
        came = self._meanwhile(
            lambda: self.client(who).post(self.address + page, data=values | {"was": theirs})
        )
        assert mandy.post(f"{self.address}/edit", data=CHANGED | {"was": ours}).status_code == 303
        return came[0].result(60)

    def _meanwhile(self, press: Any) -> list[Future[Any]]:
        """Let `press` begin, once, when the change is about to be saved; what came of it."""
        work, first, came, pool = versions.edit, threading.Lock(), [], ThreadPoolExecutor(1)

        def slowly(*args: Any) -> LibraryItem:
            if first.acquire(blocking=False):
                came.append(pool.submit(press))
                time.sleep(LONG_ENOUGH)
            return work(*args)

        self.monkeypatch.setattr(versions, "edit", slowly)
        return came

    def kept(self) -> list[tuple[Any, ...]]:
        """Body, state and reader of each version."""
        with block(self.app, self.world, "dover-town", None, False):
            columns = (LibraryItem.body, LibraryItem.state, LibraryItem.read_by)
            mine = select(*columns).where(LibraryItem.name == TEXT["name"]).order_by(LibraryItem.version)
            return [tuple(row) for row in db.session.execute(mine)]


@pytest.fixture
def at_once(live: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    """As in AtOnce."""
    return AtOnce(live, world, monkeypatch)


def test_the_council_never_counts_as_having_read_words_that_it_did_not_see(at_once: AtOnce) -> None:
    answer = at_once.changed_while("pat", "/read", decision="clear", note="")
    assert answer.status_code == 422
    assert "Somebody changed this version while you were reading" in answer.text
    assert at_once.kept() == [(CHANGED["body"], "draft", None)]


def test_nobody_approves_words_that_they_did_not_see(at_once: AtOnce) -> None:
    answer = at_once.changed_while("clara", "/approve", accepted=[states.UNREAD])
    assert answer.status_code == 422
    assert "Somebody changed this version while you were reading" in answer.text
    assert at_once.kept() == [(CHANGED["body"], "draft", None)]


def test_of_two_who_change_a_draft_at_once_the_second_keeps_what_was_typed(at_once: AtOnce) -> None:
    other = TEXT | {"body": TEXT["body"] + " Please answer."}
    answer = at_once.changed_while("max", "/edit", **other)
    assert answer.status_code == 422
    assert "Please answer." in answer.text
    assert "while you were writing" in answer.text
    assert at_once.kept() == [(CHANGED["body"], "draft", None)]
