"""A lost phone, and the recovery codes with it: whoever manages staff helps a member back in."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import AuditEvent
from app.outbox import Outbox
from app.signin import credentials
from tenants import scope
from tenants.db import db
from tenants.models import Membership, SignedIn
from tenants.scope import Acting
from tests.signin.conftest import code, credential_of, give_credential, give_password
from tests.world import World

STAFF = "/pcn/dover-town/settings/staff"


@pytest.fixture
def path_of(app: Flask, world: World, acting: Any) -> Any:
    """The address at which the second factor of somebody who has one is reset."""

    def path(who: str, slug: str = "dover-town", *, confirmed: bool = True) -> str:
        give_credential(app, world, who, confirmed=confirmed)
        with acting(slug):
            held = select(Membership.id).where(
                Membership.account_id == world.accounts[who], Membership.org_id == world.organisations[slug]
            )
            number = db.session.scalars(held.limit(1)).one()
        return f"/{world.kinds[slug]}/{slug}/settings/staff/{number}/reset-second-factor"

    return path


def recorded(app: Flask, world: World, slug: str = "dover-town") -> list[AuditEvent]:
    """What was recorded about second factors in the organisation."""
    with app.app_context(), scope.as_acting(world.acting(slug)):
        about = select(AuditEvent).where(AuditEvent.subject == "second factor")
        return list(db.session.scalars(about))


def test_a_member_who_lost_everything_sets_up_the_app_anew_and_comes_back_in(
    app: Flask, world: World, client_of: Any, path_of: Any
) -> None:
    path, mandy, cora = path_of("cora"), client_of("mandy"), client_of("cora")
    assert f'href="{path}"' in mandy.get(STAFF).text
    page = mandy.get(path).text
    assert "Reset the second factor of Cora?" in page
    assert "Make sure that it is really them" in page
    assert cora.get("/account").status_code == 200, "looking at the page changes nothing"
    assert "Cora sets up a second factor at the next sign-in" in mandy.sent(path).text
    assert mandy.get(STAFF).status_code == 200, "only Cora is signed out"
    assert cora.get("/account").status_code == 302
    phone = client_of(None)
    assert give_password(phone, "cora@example.test").location == "/sign-in/set-up-code"
    assert phone.get("/account").status_code == 302, "the password alone does not sign in"
    key = re.search(r'class="oast-key">([A-Z2-7 ]+)<', phone.get("/sign-in/set-up-code").text)
    assert key is not None
    shown = code(secret=key[1].replace(" ", ""))
    assert phone.post("/sign-in/set-up-code", data={"code": shown}).location == "/account/recovery-codes"
    assert phone.get("/account").status_code == 200


def test_what_is_kept_afterwards_who_is_told_and_what_is_recorded(
    app: Flask, world: World, client_of: Any, path_of: Any
) -> None:
    client_of("mandy").sent(path_of("cora"))
    kept = credential_of(app, world, "cora")
    assert (kept.totp_secret, kept.totp_confirmed_at, kept.totp_last_step) == (None, None, None)
    assert kept.recovery_hashes == []
    with app.app_context(), scope.as_acting(Acting(account=world.accounts["cora"])):
        assert all(row.ended_at for row in db.session.scalars(select(SignedIn)))
    with app.app_context(), scope.as_acting(world.acting("dover-town")):
        (work,) = db.session.scalars(select(Outbox))
    assert work.payload["to"] == "cora@example.test"
    assert "Mandy at Dover Town PCN has reset the second factor" in work.payload["body"]
    (event,) = recorded(app, world)
    assert (event.actor, event.action, event.account_id) == ("Mandy", "reset", world.accounts["mandy"])
    assert event.subject_id == world.accounts["cora"]


def test_asked_for_twice_it_takes_effect_once(app: Flask, world: World, client_of: Any, path_of: Any) -> None:
    path, mandy = path_of("cora"), client_of("mandy")
    mandy.sent(path)
    assert "Cora has no second factor now" in mandy.sent(path).text
    assert len(recorded(app, world)) == 1


def test_recovery_codes_and_codes_of_the_old_phone_stop_working_at_once(
    app: Flask, world: World, client_of: Any, path_of: Any
) -> None:
    path, halfway = path_of("cora"), client_of(None)
    with app.app_context(), scope.as_acting(Acting(account=world.accounts["cora"])):
        recovery = credentials.renew_recovery_codes(world.accounts["cora"])[0]
        db.session.commit()
    assert give_password(halfway, "cora@example.test").location == "/sign-in/code"
    client_of("mandy").sent(path)
    assert halfway.post("/sign-in/code", data={"code": code()}).status_code == 422
    assert halfway.post("/sign-in/recovery-code", data={"code": recovery}).status_code == 422


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_account_that_belongs_to_another_organisation_too_is_not_one_managers_to_reset(
    app: Flask, world: World, client_of: Any, path_of: Any, method: str
) -> None:
    for who, slug in (("mandy", "dover-town"), ("olu", "one-you-kent")):
        path = path_of("both", slug)
        page = client_of(who).open(path, method=method, follow_redirects=True).text
        assert "works for another organisation in Oast too" in page
        assert "The people who run Oast can: ask them, and give both@example.test" in page
        assert recorded(app, world, slug) == []
    assert credential_of(app, world, "both").totp_confirmed_at is not None
    assert client_of("both").get("/account").status_code == 200


def test_a_place_elsewhere_that_has_ended_does_not_stand_in_the_way(
    app: Flask, world: World, client_of: Any, path_of: Any, acting: Any
) -> None:
    path = path_of("both")
    with acting("one-you-kent"):
        for held in db.session.scalars(
            select(Membership).where(Membership.account_id == world.accounts["both"])
        ):
            held.ended_at = clock.now()
        db.session.commit()
    assert "Both sets up a second factor" in client_of("mandy").sent(path).text


def test_nobody_resets_their_own(app: Flask, world: World, client_of: Any, path_of: Any) -> None:
    path, mandy = path_of("mandy"), client_of("mandy")
    assert f'href="{path}"' not in mandy.get(STAFF).text
    assert "You cannot reset your own second factor here" in mandy.sent(path).text
    assert credential_of(app, world, "mandy").totp_confirmed_at is not None
    assert recorded(app, world) == []


def test_somebody_who_left_is_no_longer_theirs_to_reset(
    app: Flask, world: World, client_of: Any, path_of: Any, acting: Any
) -> None:
    path = path_of("cora")
    with acting("dover-town"):
        number = int(path.split("/")[5])
        db.session.get_one(Membership, (world.organisations["dover-town"], number)).ended_at = clock.now()
        db.session.commit()
    assert "Cora does not work here any more" in client_of("mandy").sent(path).text
    assert credential_of(app, world, "cora").totp_confirmed_at is not None


@pytest.mark.parametrize(("who", "status"), [("clara", 403), ("mo", 404), ("ivy", 404), ("olu", 404)])
def test_nobody_else_resets_a_second_factor(
    app: Flask, world: World, client_of: Any, path_of: Any, who: str, status: int
) -> None:
    path = path_of("cora")
    assert client_of(who).get(path).status_code == status
    assert client_of(who).post(path).status_code == status
    if who == "mo":
        own = path.replace("/dover-town/", "/medway-central/")
        assert client_of(who).post(own).status_code == 404
    assert credential_of(app, world, "cora").totp_confirmed_at is not None


def test_partners_and_icbs_help_their_own(app: Flask, world: World, client_of: Any, path_of: Any) -> None:
    assert "Wes sets up a second factor" in client_of("olu").sent(path_of("wes", "one-you-kent")).text


def test_the_people_who_run_the_service_help_whoever_works_in_several_places(
    app: Flask, world: World, path_of: Any
) -> None:
    path_of("both")
    command = ["accounts", "reset-second-factor", "both@example.test"]
    done = app.test_cli_runner().invoke(args=command)
    assert "Both sets up a second factor at the next sign-in" in done.output
    assert credential_of(app, world, "both").totp_confirmed_at is None
    (event,) = recorded(app, world)
    assert (event.actor, event.action) == ("Command line", "reset")
    again = app.test_cli_runner().invoke(args=command)
    assert again.exit_code == 1
    assert "has no second factor" in again.output


@pytest.mark.parametrize(
    ("email", "said"),
    [("nobody@example.test", "There is no account"), ("nora@example.test", "belongs to no organisation")],
)
def test_the_command_says_whom_it_cannot_help(app: Flask, email: str, said: str) -> None:
    refused = app.test_cli_runner().invoke(args=["accounts", "reset-second-factor", email])
    assert refused.exit_code == 1
    assert said in refused.output
