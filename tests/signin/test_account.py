"""One's own account: sessions, password, recovery codes, another phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import security
from app.signin import passwords
from tests.checking import CheckingClient
from tests.signin.conftest import PASSWORD, People, code, credential_of, give_password, rows_of, sign_in
from tests.world import World

ClientOf = Callable[..., CheckingClient]
NEW = "orange window kettle"


def test_the_account_page_says_who_i_am_and_where_i_am_signed_in(client_of: ClientOf) -> None:
    page = client_of("both").get("/account").text
    for words in ("Both", "both@example.test", "One You Kent", "clinician", "This one."):
        assert words in page


@pytest.fixture
def elsewhere(client_of: ClientOf, ready: People) -> CheckingClient:
    """Mandy on another browser."""
    client = client_of(None)
    client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    sign_in(client, ready("mandy"))
    return client


def _sessions(page: str) -> list[str]:
    return re.findall(r"/account/sessions/(\d+)/end", page)


def test_a_session_elsewhere_is_listed_and_can_be_ended(
    client_of: ClientOf, elsewhere: CheckingClient
) -> None:
    here = client_of("mandy")
    page = here.get("/account").text
    assert "Firefox on Windows" in page
    (number,) = _sessions(page)
    assert "That session has ended." in here.sent(f"/account/sessions/{number}/end").text
    assert elsewhere.get("/account").status_code == 302
    assert "had ended already" in here.sent(f"/account/sessions/{number}/end").text


def test_nobody_ends_the_session_of_somebody_else(
    app: Flask, world: World, client_of: ClientOf, elsewhere: CheckingClient
) -> None:
    number = rows_of(app, world, "mandy")[-1].id
    assert client_of("clara").post(f"/account/sessions/{number}/end").status_code == 404
    assert elsewhere.get("/account").status_code == 200


def test_all_the_others_can_be_ended_at_once(client_of: ClientOf, elsewhere: CheckingClient) -> None:
    here = client_of("mandy")
    assert "You are signed in only here now" in here.sent("/account/sessions/end-others").text
    assert elsewhere.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def _change(client: CheckingClient, now: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    data = {"password": now, "new": new, "again": new if again is None else again}
    return client.post("/account/password", data=data)


def test_a_changed_password_works_and_ends_the_other_sessions(
    client_of: ClientOf, elsewhere: CheckingClient
) -> None:
    here = client_of("mandy")
    assert here.get("/account/password").status_code == 200
    assert _change(here).location == "/account"
    assert "Your password has changed" in here.get("/account").text
    assert elsewhere.get("/account").status_code == 302
    assert give_password(client_of(None), "mandy@example.test").status_code == 422
    assert give_password(client_of(None), "mandy@example.test", NEW).status_code == 303


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"now": "not mine at all"}, "That is not your password"),
        ({"new": "too short"}, "at least 12 characters"),
        ({"new": "mandy@example.test"}, "must not be your email address"),
        ({"new": "Password12345!"}, "harder to guess"),
        ({"again": "orange window kettl"}, "Both new passwords must be the same"),
    ],
)
def test_a_password_that_may_not_be_is_said_at_its_field(
    app: Flask, world: World, client_of: ClientOf, ready: People, given: dict[str, str], said: str
) -> None:
    ready("mandy")
    answer = _change(client_of("mandy"), **given)
    assert answer.status_code == 422
    assert said in answer.text
    assert passwords.matches(credential_of(app, world, "mandy").password_hash, PASSWORD)


@pytest.mark.parametrize(
    "path", ["/account/password", "/account/new-recovery-codes", "/account/another-phone"]
)
def test_guessing_the_password_of_an_open_session_is_slowed(
    client_of: ClientOf, ready: People, path: str
) -> None:
    ready("mandy")
    mandy = client_of("mandy")
    data = {"password": "wrong", "new": NEW, "again": NEW}
    for _ in range(security.TRIES):
        assert mandy.post(path, data=data).status_code == 422
    assert mandy.post(path, data=data | {"password": PASSWORD}).status_code == 429


def test_new_recovery_codes_are_shown_until_saved_and_the_old_ones_stop(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    ready("mandy")
    before = credential_of(app, world, "mandy").recovery_hashes
    mandy = client_of("mandy")
    assert mandy.get("/account/recovery-codes").location == "/account"
    assert (
        mandy.post("/account/new-recovery-codes", data={"password": PASSWORD}).location
        == "/account/recovery-codes"
    )
    page = mandy.get("/account/recovery-codes").text
    fresh = re.findall(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", page)
    assert len(fresh) == 10
    unsaved = mandy.post("/account/recovery-codes", data={})
    assert unsaved.status_code == 422
    assert fresh[0] in unsaved.text
    assert mandy.post("/account/recovery-codes", data={"saved": "y"}).location == "/account"
    assert mandy.get("/account/recovery-codes").location == "/account"
    assert not set(before) & set(credential_of(app, world, "mandy").recovery_hashes)


def test_another_phone_replaces_the_first_once_it_has_given_a_code(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    email = ready("mandy")
    mandy = client_of("mandy")
    assert mandy.get("/sign-in/set-up-code").location == "/sign-in"
    assert (
        mandy.post("/account/another-phone", data={"password": PASSWORD}).location == "/sign-in/set-up-code"
    )
    page = mandy.get("/sign-in/set-up-code").text
    secret = (re.search(r'class="oast-key">([A-Z2-7 ]+)<', page) or [""])[1].replace(" ", "")
    assert sign_in(client_of(None), email).location == "/account", "the first phone works until then"
    shown = mandy.post("/sign-in/set-up-code", data={"code": code(secret=secret)})
    assert shown.location == "/account/recovery-codes"
    other = client_of(None)
    give_password(other, email)
    assert other.post("/sign-in/code", data={"code": code(30)}).status_code == 422
    assert other.post("/sign-in/code", data={"code": code(30, secret)}).status_code == 303
