"""Staff: who has access, invitations, and ending access."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.audit import AuditEvent
from tenants.db import db
from tenants.models import Invitation, Membership

STAFF = "/pcn/dover-town/settings/staff"
NEW = {"name": "Nell Fenn", "email": "Nell@dover.example", "role": "clinician"}


def invitations() -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).order_by(Invitation.id)))


def membership_of(world: Any, who: str) -> Membership:
    return db.session.scalars(select(Membership).where(Membership.account_id == world.accounts[who])).one()


def test_the_list_names_everybody_with_access_and_their_role(client_of: Any) -> None:
    page = client_of("mandy").get(STAFF).text
    assert "rita@example.test" in page
    assert "Practice releaser" in page
    assert "Wrenfield practice G82999" in page
    assert "mo@example.test" not in page


def test_a_colleague_is_invited_once_however_often_the_form_is_sent(client_of: Any, acting: Any) -> None:
    client = client_of("mandy")
    assert "Send the invitation" in client.get(f"{STAFF}/invite").text
    page = client.sent(f"{STAFF}/invite", **NEW)
    assert "We sent an invitation to nell@dover.example" in page.text
    assert "1 invitation not accepted yet" in page.text
    assert "was invited already" in client.sent(f"{STAFF}/invite", **NEW).text
    with acting("dover-town"):
        (invitation,) = invitations()
        assert (invitation.email, invitation.role, invitation.practice_id) == (
            "nell@dover.example",
            "clinician",
            None,
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Enter their full name"),
        ({"email": "nell"}, "Write an e-mail address in the right form"),
        ({"role": ""}, "Choose a role"),
        ({"role": "ICB admin"}, "Not a valid choice"),
        ({"role": "practice releaser"}, "Choose the practice"),
        ({"role": "practice releaser", "practice": "999999"}, "Not a valid choice"),
        ({"practice": "G82999"}, "only a practice releaser"),
        ({"email": "clara@example.test"}, "is a clinician here already"),
    ],
)
def test_an_invitation_with_a_fault_is_refused(
    client_of: Any, acting: Any, world: Any, change: dict[str, str], message: str
) -> None:
    if change.get("practice") == "G82999":
        change = {"practice": str(world.practices["G82999"])}
    page = client_of("mandy").post(f"{STAFF}/invite", data=NEW | change)
    assert page.status_code == 422
    assert message in page.text
    with acting("dover-town"):
        assert invitations() == []


def test_a_practice_releaser_is_invited_for_a_practice(client_of: Any, acting: Any, world: Any) -> None:
    practice = str(world.practices["G82998"])
    client_of("mandy").sent(f"{STAFF}/invite", **NEW | {"role": "practice releaser", "practice": practice})
    with acting("dover-town"):
        assert invitations()[0].practice_id == world.practices["G82998"]


@pytest.mark.parametrize(
    ("who", "path", "role"),
    [
        ("olu", "/partner/one-you-kent/settings/staff", "partner worker"),
        ("ivy", "/icb/kent-and-medway/settings/staff", "ICB admin"),
    ],
)
def test_partners_and_icbs_invite_into_their_own_roles(
    client_of: Any, acting: Any, who: str, path: str, role: str
) -> None:
    client = client_of(who)
    assert "Practice" not in client.get(f"{path}/invite").text
    assert "We sent an invitation" in client.sent(f"{path}/invite", **NEW | {"role": role}).text
    assert client.post(f"{path}/invite", data=NEW).status_code == 422


def test_an_invitation_is_sent_again_with_a_new_link_and_withdrawn(client_of: Any, acting: Any) -> None:
    client = client_of("mandy")
    client.sent(f"{STAFF}/invite", **NEW)
    with acting("dover-town"):
        first = invitations()[0]
    path = f"/pcn/dover-town/settings/invitations/{first.id}"
    assert "The earlier link no longer works" in client.sent(f"{path}/resend").text
    assert "accepted, or sent again, already" in client.sent(f"{path}/resend").text
    with acting("dover-town"):
        old, new = invitations()
        assert old.expires_at <= clock.now() < new.expires_at
        assert old.token_hash != new.token_hash
    path = f"/pcn/dover-town/settings/invitations/{new.id}"
    assert "is withdrawn" in client.sent(f"{path}/withdraw").text
    page = client.sent(f"{path}/withdraw")
    assert "accepted or withdrawn already" in page.text
    assert "not accepted yet" not in page.text
    with acting("dover-town"):
        assert all(row.withdrawn_at and row.expires_at <= clock.now() for row in invitations())
        withdrawn = select(AuditEvent).where(AuditEvent.action == "withdrew")
        assert len(db.session.scalars(withdrawn).all()) == 1


def test_an_invitation_that_ran_out_says_so_and_can_be_sent_again(
    client_of: Any, acting: Any, moved: Any
) -> None:
    client = client_of("mandy")
    client.sent(f"{STAFF}/invite", **NEW)
    moved(clock.now() + dt.timedelta(days=8))
    assert "Ran out" in client.get(STAFF).text
    with acting("dover-town"):
        number = invitations()[0].id
    page = client.sent(f"/pcn/dover-town/settings/invitations/{number}/resend")
    assert "Ran out" not in page.text


def test_an_invitation_of_another_organisation_is_not_there(client_of: Any, acting: Any) -> None:
    client_of("mandy").sent(f"{STAFF}/invite", **NEW)
    with acting("dover-town"):
        number = invitations()[0].id
    other = client_of("mo")
    path = f"/pcn/medway-central/settings/invitations/{number}"
    assert other.post(f"{path}/resend").status_code == 404
    assert other.post(f"{path}/withdraw").status_code == 404
    with acting("dover-town"):
        assert invitations()[0].withdrawn_at is None


def test_ending_access_asks_first_and_takes_effect_at_once(client_of: Any, acting: Any, world: Any) -> None:
    client = client_of("mandy")
    with acting("dover-town"):
        number = membership_of(world, "clara").id
    page = client.get(f"{STAFF}/{number}/end")
    assert "End the access of Clara?" in page.text
    assert client_of("clara").get("/pcn/dover-town/today").status_code == 200
    assert "Clara is no longer a clinician here" in client.sent(f"{STAFF}/{number}/end").text
    assert "was no longer a clinician" in client.sent(f"{STAFF}/{number}/end").text
    assert client_of("clara").get("/pcn/dover-town/today").status_code == 404
    with acting("dover-town"):
        ended = select(AuditEvent).where(AuditEvent.action == "ended")
        assert len(db.session.scalars(ended).all()) == 1


def test_the_last_manager_cannot_be_ended_one_of_two_can(client_of: Any, acting: Any, world: Any) -> None:
    with acting("dover-town"):
        mandy = membership_of(world, "mandy").id
        managers = db.session.scalars(select(Membership.id).where(Membership.role == "PCN manager")).all()
    client = client_of("mandy")
    for number in set(managers) - {mandy}:
        assert "no longer a PCN manager" in client.sent(f"{STAFF}/{number}/end").text
    page = client.get(STAFF).text
    assert "The last one" in page
    assert "is the last PCN manager here" in client.sent(f"{STAFF}/{mandy}/end").text
    with acting("dover-town"):
        assert membership_of(world, "mandy").ended_at is None


def test_whoever_ends_their_own_role_is_led_on(client_of: Any, acting: Any, world: Any) -> None:
    with acting("dover-town"):
        number = membership_of(world, "max").id
    answer = client_of("max").post(f"{STAFF}/{number}/end")
    assert answer.headers["Location"] == "/"
    assert client_of("max").get(STAFF).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("cora", 403), ("mo", 404), ("ivy", 404), ("olu", 404)])
def test_nobody_else_invites_or_ends_access(
    client_of: Any, acting: Any, world: Any, who: str, status: int
) -> None:
    with acting("dover-town"):
        number = membership_of(world, "clara").id
    assert client_of(who).post(f"{STAFF}/invite", data=NEW).status_code == status
    assert client_of(who).post(f"{STAFF}/{number}/end").status_code == status
    with acting("dover-town"):
        assert invitations() == []
        assert membership_of(world, "clara").ended_at is None


def test_a_membership_of_another_organisation_is_not_there(client_of: Any, acting: Any, world: Any) -> None:
    with acting("dover-town"):
        number = membership_of(world, "clara").id
    assert client_of("mo").post(f"/pcn/medway-central/settings/staff/{number}/end").status_code == 404
