"""Password, second factor, throttle."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import security
from app.here import token_hash
from app.signin import passwords
from tenants.db import db
from tenants.models import SigninAttempt
from tests.checking import CheckingClient
from tests.signin.conftest import (
    PASSWORD,
    People,
    code,
    credential_of,
    give_password,
    rows_of,
    sign_in,
)
from tests.world import World

ClientOf = Callable[..., CheckingClient]


def _plain(response: Any, email: str) -> str:
    text = response.text.replace(email, "…")
    return re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", text)


def test_password_and_code_lead_to_the_page_that_was_wanted(client_of: ClientOf, ready: People) -> None:
    client = client_of(None)
    wanted = client.get("/account")
    assert wanted.location == "/sign-in?next=/account"
    answer = sign_in(client, ready("mandy"), path=wanted.location)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "mandy@example.test" in client.get("/account").text


def test_the_address_may_be_typed_in_any_letters(client_of: ClientOf, ready: People) -> None:
    assert sign_in(client_of(None), ready("mandy").upper()).location == "/account"


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    client_of: ClientOf, ready: People
) -> None:
    known, unknown = ready("mandy"), "nobody@example.test"
    wrong = give_password(client_of(None), known, "not her password")
    missing = give_password(client_of(None), unknown, "not her password")
    assert (wrong.status_code, missing.status_code) == (422, 422)
    assert "The email address or the password is not right" in wrong.text
    assert _plain(wrong, known) == _plain(missing, unknown)


def test_an_unknown_address_takes_as_much_hashing_and_as_many_statements(
    client_of: ClientOf, ready: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.checking import counted

    compared: list[str] = []

    def never(kept: str, password: str) -> bool:
        compared.append(kept)
        return False

    monkeypatch.setattr(passwords, "matches", never)
    spent = []
    for email in (ready("mandy"), "nobody@example.test"):
        with counted() as statements:
            give_password(client_of(None), email)
        spent.append(len(statements))
    assert spent[0] == spent[1]
    costs = [kept.rsplit("$", 2)[0] for kept in compared]
    assert costs[0] == costs[1]


def test_the_hash_that_stands_in_for_no_account_is_compared_and_never_matches() -> None:
    assert not passwords.matches(passwords.unmatchable(), "")
    assert not passwords.outdated(passwords.unmatchable())


def test_a_disabled_account_gets_the_answer_of_a_wrong_password(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    from app import clock
    from tenants.models import Account

    email = ready("mandy")
    with app.app_context():
        db.session.get_one(Account, world.accounts["mandy"]).disabled_at = clock.now()
        db.session.commit()
    assert "The email address or the password is not right" in give_password(client_of(None), email).text


def test_a_hash_of_earlier_parameters_is_renewed(
    app: Flask, world: World, client_of: ClientOf, ready: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    email = ready("mandy")
    before = credential_of(app, world, "mandy").password_hash
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=4))
    give_password(client_of(None), email)
    after = credential_of(app, world, "mandy").password_hash
    assert before != after
    assert "t=4" in after
    assert passwords.matches(after, PASSWORD)


def test_an_empty_form_says_what_to_enter_and_keeps_the_address(client_of: ClientOf) -> None:
    answer = give_password(client_of(None), "mandy@example.test", "")
    assert answer.status_code == 422
    assert "Enter your password" in answer.text
    assert 'value="mandy@example.test"' in answer.text


@pytest.mark.parametrize("email", ["no address", "@", "x" * 70 + "@example.test"])
def test_what_is_no_address_is_said_at_the_field(client_of: ClientOf, email: str) -> None:
    answer = give_password(client_of(None), email)
    assert answer.status_code == 422
    assert "Enter an email address in the correct format" in answer.text


def test_control_characters_are_as_if_they_had_not_been_typed(client_of: ClientOf, ready: People) -> None:
    email = ready("mandy").replace("@", "\x00\x07@")
    assert give_password(client_of(None), email).status_code == 303
    assert give_password(client_of(None), email, "wrong\x00").status_code == 422


def test_five_wrong_passwords_close_the_address_for_a_while_whether_it_has_an_account_or_not(
    app: Flask, client_of: ClientOf, ready: People, moved: Callable[..., None]
) -> None:
    from app import clock

    start = clock.now()
    for email in (ready("mandy"), "nobody@example.test"):
        client = client_of(None)
        for _ in range(security.TRIES):
            assert give_password(client, email, "wrong").status_code == 422
        closed = give_password(client, email)
        assert closed.status_code == 429
        assert "Wait 15 minutes" in closed.text
    assert sign_in(client_of(None), ready("clara")).location == "/account"
    with app.app_context():
        kept = db.session.scalars(select(SigninAttempt.key_hash)).all()
        assert len(kept) == 4 * security.TRIES
        assert not any("mandy" in key for key in kept)
    moved(start + security.WITHIN + security.WITHIN)
    assert give_password(client_of(None), "mandy@example.test").status_code == 303


def test_a_place_that_fails_for_many_addresses_is_slowed_too(client_of: ClientOf, app: Flask) -> None:
    client = client_of(None)
    with app.app_context():
        for number in range(security.TRIES * 10):
            security.note_failed_try(f"address {number}@example.test", "place 127.0.0.1")
        db.session.commit()
    assert give_password(client, "mandy@example.test").status_code == 429


def test_the_token_is_new_at_each_sign_in_and_only_its_hash_is_kept(
    app: Flask, world: World, client_of: ClientOf, ready: People, moved: Callable[..., None]
) -> None:
    from app import clock

    email, seen = ready("mandy"), set()
    for minute in (0, 1):
        moved(clock.now() + minute * security.WITHIN)
        client = client_of(None)
        with client.session_transaction() as cookie:
            cookie["left_over"] = "from before"
        sign_in(client, email)
        with client.session_transaction() as cookie:
            account, _, token = cookie["_user_id"].partition(".")
            assert "left_over" not in cookie
            assert "halfway" not in cookie
        assert account == str(world.accounts["mandy"])
        row = rows_of(app, world, "mandy")[-1]
        assert row.token_hash == token_hash(token)
        assert token not in row.token_hash
        seen.add(token)
    assert len(seen) == 2
    assert all(len(token) >= 43 for token in seen)


def test_signing_in_again_ends_the_session_that_the_browser_had(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    client = client_of("clara")
    assert give_password(client, ready("mandy")).status_code == 303
    assert rows_of(app, world, "clara")[0].ended_at is not None
    assert client.get("/account").location == "/sign-in?next=/account"


def test_somebody_signed_in_is_sent_on_from_the_sign_in_page(client_of: ClientOf) -> None:
    assert client_of("mandy").get("/sign-in?next=/account").location == "/account"


def test_a_code_works_once_though_it_is_still_shown(
    client_of: ClientOf, ready: People, moved: Callable[..., None]
) -> None:
    from app import clock

    moved(clock.now())
    email = ready("mandy")
    assert sign_in(client_of(None), email).location == "/account"
    again = sign_in(client_of(None), email)
    assert again.status_code == 422
    assert "That code is not right" in again.text


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)])
def test_a_code_may_be_one_step_off(
    client_of: ClientOf, ready: People, moved: Callable[..., None], seconds: int, status: int
) -> None:
    from app import clock

    moved(clock.now())
    client = client_of(None)
    give_password(client, ready("mandy"))
    spaced = f"{code(seconds)[:3]} {code(seconds)[3:]}"
    assert client.post("/sign-in/code", data={"code": spaced}).status_code == status


def test_a_code_of_an_earlier_step_than_the_last_used_is_refused(
    client_of: ClientOf, ready: People, moved: Callable[..., None]
) -> None:
    from app import clock

    moved(clock.now())
    email = ready("mandy")
    for seconds, status in ((0, 303), (-30, 422), (30, 303)):
        client = client_of(None)
        give_password(client, email)
        assert client.post("/sign-in/code", data={"code": code(seconds)}).status_code == status


def test_five_wrong_codes_close_the_second_factor(client_of: ClientOf, ready: People) -> None:
    client = client_of(None)
    give_password(client, ready("mandy"))
    for _ in range(security.TRIES):
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    assert client.post("/sign-in/code", data={"code": code()}).status_code == 429
    assert client.post("/sign-in/recovery-code", data={"code": "abcd-efgh-jkmn"}).status_code == 429


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/recovery-code", "/sign-in/set-up-code"])
def test_without_a_password_there_is_no_second_page(client_of: ClientOf, path: str) -> None:
    assert client_of(None).get(path).location == "/sign-in"
    assert client_of("mandy").get(path).location == "/sign-in"


def test_halfway_is_over_after_five_minutes(
    client_of: ClientOf, ready: People, moved: Callable[..., None]
) -> None:
    import datetime as dt

    from app import clock

    client, start = client_of(None), clock.now()
    moved(start)
    give_password(client, ready("mandy"), path="/sign-in?next=/account")
    moved(start + dt.timedelta(minutes=5, seconds=1))
    late = client.post("/sign-in/code", data={"code": code()})
    assert late.location == "/sign-in?next=/account"
    assert "That took too long" in client.get(late.location).text


def test_halfway_does_not_open_any_page(client_of: ClientOf, ready: People) -> None:
    client = client_of(None)
    give_password(client, ready("mandy"))
    assert client.get("/account").location == "/sign-in?next=/account"


def test_a_password_alone_cannot_replace_the_authenticator_app(client_of: ClientOf, ready: People) -> None:
    client = client_of(None)
    give_password(client, ready("mandy"))
    assert client.get("/sign-in/set-up-code").location == "/sign-in"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.test/",
        "//elsewhere.test/",
        "/\\elsewhere.test",
        "/\t/elsewhere.test",
        "javascript:x",
        "account",
    ],
)
def test_sign_in_leads_nowhere_else(client_of: ClientOf, ready: People, address: str) -> None:
    from urllib.parse import quote

    answer = sign_in(client_of(None), ready("mandy"), path=f"/sign-in?next={quote(address, safe='')}")
    assert answer.location == "/"


def test_a_recovery_code_works_once_and_says_how_many_are_left(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    from app.signin import credentials
    from tenants import scope
    from tenants.scope import Acting

    email = ready("mandy")
    with app.app_context(), scope.as_acting(Acting(account=world.accounts["mandy"])):
        fresh = credentials.renew_recovery_codes(world.accounts["mandy"])
        db.session.commit()
    kept = credential_of(app, world, "mandy").recovery_hashes
    assert len(kept) == len(set(fresh)) == 10
    assert not set(fresh) & set(kept)
    client = client_of(None)
    give_password(client, email, path="/sign-in?next=/account")
    used = client.post("/sign-in/recovery-code", data={"code": fresh[3].upper().replace("-", " ")})
    assert used.location == "/account"
    assert "You have 9 left" in client.get("/account").text
    other = client_of(None)
    give_password(other, email)
    again = other.post("/sign-in/recovery-code", data={"code": fresh[3]})
    assert again.status_code == 422
    assert "used before" in again.text
    assert other.post("/sign-in/recovery-code", data={"code": fresh[4]}).status_code == 303


def test_the_secret_of_the_app_is_sealed_for_its_account(app: Flask, world: World, ready: People) -> None:
    from app.sealed import NotOurs, unseal_text
    from tests.signin.conftest import SECRET

    ready("mandy")
    kept = credential_of(app, world, "mandy").totp_secret or ""
    assert SECRET not in kept
    with app.app_context():
        assert unseal_text(kept, f"second factor of account {world.accounts['mandy']}") == SECRET
        with pytest.raises(NotOurs):
            unseal_text(kept, f"second factor of account {world.accounts['clara']}")


def test_failed_tries_survive_because_they_are_rows(app: Flask, client_of: ClientOf, ready: People) -> None:
    give_password(client_of(None), ready("mandy"), "wrong")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SigninAttempt)) == 2


def test_failed_tries_are_forgotten_after_a_day(
    app: Flask, client_of: ClientOf, moved: Callable[..., None]
) -> None:
    import datetime as dt

    from app import clock

    start = clock.now()
    moved(start)
    give_password(client_of(None), "mandy@example.test", "wrong")
    moved(start + dt.timedelta(hours=23))
    give_password(client_of(None), "mandy@example.test", "wrong")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SigninAttempt)) == 4
    moved(start + dt.timedelta(hours=25))
    give_password(client_of(None), "mandy@example.test", "wrong")
    with app.app_context():
        oldest = db.session.scalar(select(func.min(SigninAttempt.at)))
        assert db.session.scalar(select(func.count()).select_from(SigninAttempt)) == 4
        assert oldest == start + dt.timedelta(hours=23)
