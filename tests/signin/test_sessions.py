"""How long a session lasts, what prolongs it, and what ends it."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.signin.devices import device_words
from tenants.db import db
from tenants.models import Membership
from tests.checking import CheckingClient
from tests.signin.conftest import START, code, give_password, rows_of
from tests.world import World

ClientOf = Callable[..., CheckingClient]
Moved = Callable[..., None]
ENDED = "You were signed out to keep people&#39;s information safe"


def _after(moved: Moved, **time: float) -> None:
    moved(START + dt.timedelta(**time), stay=False)


def test_fifteen_idle_minutes_are_allowed(mandy: CheckingClient, moved: Moved) -> None:
    _after(moved, minutes=15)
    assert mandy.get("/account").status_code == 200


def test_after_fifteen_idle_minutes_the_next_page_is_the_sign_in_page_and_then_the_page_wanted(
    mandy: CheckingClient, moved: Moved
) -> None:
    _after(moved, minutes=15, seconds=1)
    sent = mandy.get("/account?from=somewhere")
    assert sent.location == "/sign-in?next=/account?from%3Dsomewhere"
    assert ENDED in mandy.get(sent.location).text
    give_password(mandy, "mandy@example.test", path=sent.location)
    assert mandy.post("/sign-in/code", data={"code": code()}).location == "/account?from=somewhere"


def test_use_prolongs_a_session_but_never_beyond_twelve_hours(mandy: CheckingClient, moved: Moved) -> None:
    for minutes in range(10, 12 * 60 + 1, 10):
        _after(moved, minutes=minutes)
        assert mandy.get("/account").status_code == 200, minutes
    _after(moved, hours=12, seconds=1)
    assert mandy.get("/account").location == "/sign-in?next=/account"


def test_asking_how_long_is_left_does_not_prolong_the_session(mandy: CheckingClient, moved: Moved) -> None:
    for minutes in (0, 5, 10, 14):
        _after(moved, minutes=minutes)
        left = mandy.get("/session/remaining")
        assert left.json == {"seconds": (15 - minutes) * 60, "can_stay": True}
    _after(moved, minutes=16)
    assert mandy.get("/session/remaining").json == {"seconds": 0, "can_stay": False}
    assert mandy.get("/account").status_code == 302


def test_staying_prolongs_the_session(mandy: CheckingClient, moved: Moved) -> None:
    _after(moved, minutes=14)
    assert mandy.get("/session/stay").json == {"seconds": 900, "can_stay": True}
    _after(moved, minutes=28)
    assert mandy.get("/account").status_code == 200


def test_somebody_who_is_told_what_is_wrong_with_a_form_is_not_idle(
    mandy: CheckingClient, moved: Moved
) -> None:
    for minutes in (10, 20, 30):
        _after(moved, minutes=minutes)
        assert mandy.post("/account/password", data={}).status_code == 422
    _after(moved, minutes=44)
    assert mandy.get("/account").status_code == 200


def test_near_the_twelve_hours_staying_is_not_offered(mandy: CheckingClient, moved: Moved) -> None:
    for minutes in range(10, 720, 10):
        _after(moved, minutes=minutes)
        mandy.get("/session/stay")
    _after(moved, hours=11, minutes=59)
    assert mandy.get("/session/stay").json == {"seconds": 60, "can_stay": False}


def test_nobody_signed_in_has_no_seconds_left_and_cannot_stay(client_of: ClientOf) -> None:
    assert client_of(None).get("/session/remaining").json == {"seconds": 0, "can_stay": False}
    assert client_of(None).get("/session/stay").location == "/sign-in?next=/session/stay"


def test_signing_out_ends_the_row_and_empties_the_cookie(
    app: Flask, world: World, mandy: CheckingClient
) -> None:
    with mandy.session_transaction() as cookie:
        kept = cookie["_user_id"]
    page = mandy.sent("/sign-out")
    assert "You have signed out" in page.text
    assert rows_of(app, world, "mandy")[-1].ended_at == START
    with mandy.session_transaction() as cookie:
        assert "_user_id" not in cookie
        cookie["_user_id"] = kept
    assert mandy.get("/account").location == "/sign-in?next=/account"


def test_signing_out_twice_or_too_late_says_the_same(mandy: CheckingClient, moved: Moved) -> None:
    _after(moved, hours=1)
    for _ in range(2):
        assert "You have signed out" in mandy.sent("/sign-out").text


def test_a_token_that_is_altered_opens_nothing(client_of: ClientOf) -> None:
    client = client_of("mandy")
    for altered in ("1.no-such-token", "abc", "1.", "99999999.x", ""):
        with client.session_transaction() as cookie:
            cookie["_user_id"] = altered
        assert client.get("/account").status_code == 302, altered


def test_a_membership_that_ends_takes_effect_on_the_next_request(
    client_of: ClientOf, world: World, acting: Callable[..., object]
) -> None:
    mandy = client_of("mandy")
    assert "Dover Town PCN" in mandy.get("/organisations").text
    with acting("dover-town"):  # type: ignore[attr-defined]
        statement = update(Membership).where(Membership.account_id == world.accounts["mandy"])
        db.session.execute(statement.values(ended_at=clock.now()))
        db.session.commit()
    page = mandy.get("/organisations")
    assert "Dover Town PCN" not in page.text
    assert "ask the person who manages the organisation" in page.text


def test_whoever_belongs_nowhere_is_told_what_to_do(client_of: ClientOf) -> None:
    nora = client_of("nora")
    assert nora.get("/").location == "/organisations"
    assert "You do not belong to an organisation now" in nora.get("/organisations").text
    assert "What to do" in nora.get("/account").text


def test_whoever_belongs_to_several_chooses_and_sees_the_role_in_each(client_of: ClientOf) -> None:
    page = client_of("both").get("/organisations").text
    for words in ("Dover Town PCN", "clinician", "One You Kent", "partner coordinator"):
        assert words in page


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537",
            "Chrome on Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:140.0) Gecko Firefox/140.0", "Firefox on a Mac"),
        ("curl/8", "A browser we do not know"),
    ],
)
def test_a_device_is_named_in_words(described: str, words: str) -> None:
    assert device_words(described) == words
