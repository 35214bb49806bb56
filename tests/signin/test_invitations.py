"""Invitations, from the mail to the first page."""

import datetime as dt
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import audit, clock, outbox
from app.signin.invitations import invite
from tenants import scope
from tenants.db import db
from tenants.models import Account, Invitation, Membership
from tests.checking import CheckingClient
from tests.conftest import block
from tests.signin.conftest import PASSWORD, People, code, credential_of, give_password
from tests.world import World

ClientOf = Callable[..., CheckingClient]
Acting = Callable[..., Any]
NEW = "orange window kettle"
JOIN = {"name": "Nell Example", "password": NEW, "again": NEW}


def _path(link: str) -> str:
    assert link.startswith("http://localhost/invitation/")
    return link.removeprefix("http://localhost")


@pytest.fixture
def invited(acting: Acting) -> Callable[..., str]:
    """Mandy invites somebody to Dover Town; returns the path of the link."""

    def by_mandy(
        email: str = "nell@example.test", role: str = "care coordinator", slug: str = "dover-town"
    ) -> str:
        with acting(slug, "mandy", audited=True):
            link = invite(email, "Nell", role)
            db.session.commit()
        return _path(link)

    return by_mandy


def _rows(app: Flask, world: World, slug: str, model: Any) -> list[Any]:
    with app.app_context(), scope.as_acting(world.acting(slug)):
        return list(db.session.scalars(select(model)))


def _key_on(page: str) -> str:
    return (re.search(r'class="oast-key">([A-Z2-7 ]+)<', page) or [""])[1].replace(" ", "")


def test_an_invitation_leads_to_an_account_a_code_recovery_codes_and_the_first_page(
    app: Flask, world: World, client_of: ClientOf, invited: Callable[..., str]
) -> None:
    client = client_of(None)
    path = invited()
    page = client.get(path).text
    for words in ("Mandy", "Dover Town PCN", "care coordinator", "nell@example.test"):
        assert words.lower() in page.lower()
    assert client.post(path, data=JOIN).location == "/sign-in/set-up-code"
    setting_up = client.get("/sign-in/set-up-code").text
    assert 'src="data:image/svg+xml;base64,' in setting_up
    key = _key_on(setting_up)
    assert key == _key_on(client.get("/sign-in/set-up-code").text), "looking again does not change the key"
    wrong = client.post("/sign-in/set-up-code", data={"code": "12"})
    assert wrong.status_code == 422
    assert key == _key_on(wrong.text)
    right = client.post("/sign-in/set-up-code", data={"code": code(secret=key)})
    assert right.location == "/account/recovery-codes"
    assert len(re.findall(r"<li><code", client.get("/account/recovery-codes").text)) == 10
    done = client.post("/account/recovery-codes", data={"saved": "y"})
    assert done.location.startswith("/pcn/dover-town/")
    assert "Nell Example" in client.get("/account").text
    (row,) = [
        m for m in _rows(app, world, "dover-town", Membership) if m.account_id not in world.accounts.values()
    ]
    assert (row.role, row.ended_at) == ("care coordinator", None)


def test_the_mail_names_who_what_and_until_when_and_only_a_hash_is_kept_beside_it(
    app: Flask, world: World, acting: Acting, invited: Callable[..., str]
) -> None:
    path = invited()
    (row,) = _rows(app, world, "dover-town", Invitation)
    (work,) = _rows(app, world, "dover-town", outbox.Outbox)
    assert work.payload["to"] == row.email == "nell@example.test"
    for words in ("Mandy", "Dover Town PCN", "care coordinator", f"http://localhost{path}"):
        assert words.lower() in work.payload["body"].lower()
    assert path.partition("-")[2] not in row.token_hash
    assert row.expires_at - row.created_at == dt.timedelta(days=7)
    events = _rows(app, world, "dover-town", audit.AuditEvent)
    assert [(event.action, event.subject) for event in events] == [("invited", "staff")]


def test_a_role_that_the_organisation_does_not_have_cannot_be_given(invited: Callable[..., str]) -> None:
    with pytest.raises(ValueError, match="no role"):
        invited(role="ICB admin")


def test_an_invitation_works_once(client_of: ClientOf, invited: Callable[..., str]) -> None:
    path = invited()
    assert client_of(None).post(path, data=JOIN).status_code == 303
    for again in (client_of(None).get(path), client_of(None).post(path, data=JOIN)):
        assert again.status_code == 410
        assert "This invitation has been used" in again.text
        assert "mandy" in again.text


def test_an_invitation_ends_after_seven_days(
    client_of: ClientOf, invited: Callable[..., str], moved: Callable[..., None]
) -> None:
    start = clock.now()
    path = invited()
    moved(start + dt.timedelta(days=6, hours=23))
    assert client_of(None).get(path).status_code == 200
    moved(start + dt.timedelta(days=7, minutes=1))
    for late in (client_of(None).get(path), client_of(None).post(path, data=JOIN)):
        assert late.status_code == 410
        assert "ask mandy at Dover Town PCN to invite you again" in late.text


ALTERED = (
    "{path}x",
    "/invitation/{secret}",
    "/invitation/9{secret}",
    "/invitation/x",
    "/invitation/" + "9" * 20 + "-x",
)


@pytest.mark.parametrize("altered", ALTERED)
def test_an_altered_link_says_what_to_do(
    client_of: ClientOf, invited: Callable[..., str], altered: str
) -> None:
    path = invited()
    answer = client_of(None).get(altered.format(path=path, secret=path.split("-", 1)[1]))
    assert answer.status_code == 404
    assert "ask the person who invited you" in answer.text


def test_a_link_does_not_work_for_another_organisation(
    client_of: ClientOf, invited: Callable[..., str], world: World
) -> None:
    secret = invited().split("-", 1)[1]
    other = world.organisations["medway-central"]
    assert client_of(None).get(f"/invitation/{other}-{secret}").status_code == 404


def test_a_newer_invitation_takes_the_place_of_the_earlier(
    client_of: ClientOf, invited: Callable[..., str]
) -> None:
    first, second = invited(), invited()
    assert client_of(None).get(first).status_code == 410
    assert client_of(None).get(second).status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Enter your full name"),
        ({"password": "", "again": ""}, "Choose a password"),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "nell@example.test", "again": "nell@example.test"}, "must not be your email address"),
        ({"again": "orange window"}, "Both passwords must be the same"),
    ],
)
def test_what_is_missing_is_said_and_the_link_still_works(
    client_of: ClientOf, invited: Callable[..., str], given: dict[str, str], said: str
) -> None:
    path, client = invited(), client_of(None)
    answer = client.post(path, data=JOIN | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert client.post(path, data=JOIN).status_code == 303


def test_an_address_with_an_account_gives_its_password_and_then_its_code(
    app: Flask, world: World, client_of: ClientOf, ready: People, invited: Callable[..., str]
) -> None:
    path, client = invited(ready("cass")), client_of(None)
    assert "has an account already" in client.get(path).text
    wrong = client.post(path, data={"password": "not it"})
    assert wrong.status_code == 422
    assert "That is not your password" in wrong.text
    assert client.post(path, data={"password": PASSWORD}).location == "/sign-in/code"
    assert client.get("/account").status_code == 302, "the password alone does not sign in"
    assert client.post("/sign-in/code", data={"code": code()}).location.startswith("/pcn/dover-town/")
    assert "Dover Town PCN" in client.get("/organisations").text


def test_whoever_is_signed_in_already_joins_with_the_password_alone(
    client_of: ClientOf, ready: People, invited: Callable[..., str]
) -> None:
    path, cass = invited(ready("cass")), client_of("cass")
    cass.forbidden = set()
    assert cass.post(path, data={"password": PASSWORD}).location.startswith("/pcn/dover-town/")


def test_an_invitation_opened_while_somebody_else_is_signed_in_is_not_theirs(
    app: Flask, world: World, client_of: ClientOf, invited: Callable[..., str]
) -> None:
    path, clara = invited(), client_of("clara")
    assert clara.post(path, data=JOIN).location == "/sign-in/set-up-code"
    assert clara.get("/account").status_code == 302
    held = [m for m in _rows(app, world, "dover-town", Membership) if m.account_id == world.accounts["clara"]]
    assert [m.role for m in held] == ["clinician"]


def test_guessing_the_password_of_an_invited_account_is_slowed(
    client_of: ClientOf, ready: People, invited: Callable[..., str]
) -> None:
    path, client = invited(ready("cass")), client_of(None)
    for _ in range(5):
        assert client.post(path, data={"password": "wrong"}).status_code == 422
    assert client.post(path, data={"password": PASSWORD}).status_code == 429
    assert give_password(client, "cass@example.test").status_code == 429


def test_a_membership_that_had_ended_is_taken_up_again(
    app: Flask, world: World, client_of: ClientOf, ready: People, invited: Callable[..., str], acting: Acting
) -> None:
    with acting("dover-town"):
        ended = update(Membership).where(Membership.account_id == world.accounts["cora"])
        db.session.execute(ended.values(ended_at=clock.now()))
        db.session.commit()
    assert client_of(None).post(invited(ready("cora")), data={"password": PASSWORD}).status_code == 303
    assert "Dover Town PCN" in client_of("cora").get("/organisations").text


def test_whoever_left_before_setting_up_a_code_is_led_back_to_it(
    app: Flask, world: World, client_of: ClientOf, ready: People
) -> None:
    client = client_of(None)
    assert give_password(client, ready_unconfirmed(ready)).location == "/sign-in/set-up-code"
    key = _key_on(client.get("/sign-in/set-up-code").text)
    assert (
        client.post("/sign-in/set-up-code", data={"code": code(secret=key)}).location
        == "/account/recovery-codes"
    )
    assert credential_of(app, world, "mandy").totp_confirmed_at is not None


def ready_unconfirmed(ready: Any) -> str:
    """Mandy with a password and no authenticator app."""
    email: str = ready("mandy", confirmed=False)
    return email


def test_two_browsers_setting_up_at_once_leave_one_authenticator_app(
    client_of: ClientOf, ready: People
) -> None:
    email = ready_unconfirmed(ready)
    clients = [client_of(None), client_of(None)]
    keys = []
    for client in clients:
        give_password(client, email)
        keys.append(_key_on(client.get("/sign-in/set-up-code").text))
    assert keys[0] != keys[1]
    answers = [
        client.post("/sign-in/set-up-code", data={"code": code(secret=key)}).location
        for client, key in zip(clients, keys, strict=True)
    ]
    assert answers == ["/account/recovery-codes", "/sign-in"]


def test_two_people_cannot_accept_one_invitation_at_the_same_time(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", audited=True):
        path = _path(invite("nell@example.test", "Nell", "care coordinator"))
        db.session.commit()
    answers, start = [], threading.Barrier(4)

    def accept(name: str) -> None:
        client = live.test_client()
        start.wait()
        answers.append(client.post(path, data=JOIN | {"name": name}).status_code)

    threads = [threading.Thread(target=accept, args=(f"Nell {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with live.app_context():
        made = db.session.scalars(select(Account).where(Account.email == "nell@example.test")).all()
    assert len(made) == 1
    assert sum(1 for status in answers if status == 303) == 1, answers
    assert set(answers) <= {303, 410, 422}
