"""A person to refer and a service to refer to."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from app import clock, outbox
from app.outbox import Outbox
from app.referrals.models import Referral, Service
from tenants.db import db
from tenants.models import Agreement
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.rows import make
from tests.world import World

PCN = "/pcn/dover-town"
PARTNER = "/partner/one-you-kent"
YES = {
    "reason": "She wants to lose weight.",
    "wants": "A group she can go to",
    "classes": ["contact details", "reason for referral"],
    "mode": "spoken",
    "consent": "y",
    "form_key": "one-form",
}


@pytest.fixture
def ada(world: World, acting: Acting) -> int:
    """Ada Example, whose practice has released its people. Gives the participant's id."""
    with acting("dover-town", "cora"):
        number = participant(world).id
        db.session.commit()
    return number


def service_of(acting: Acting, slug: str, who: str, **given: object) -> int:
    with acting(slug, who):
        values = {
            "name": "Healthy weight",
            "origin_name": slug,
            "capacity": "taking referrals",
            "reply_days": 3,
        }
        values |= {"description": "Twelve weeks", "who_for": "Adults", "published_at": clock.now()}
        row = make(Service, **(values | {"contact_email": f"{who}@example.test"} | given))
        number: int = row.id
        db.session.commit()
    return number


@pytest.fixture
def weight(acting: Acting) -> int:
    """A service of One You Kent."""
    return service_of(acting, "one-you-kent", "olu")


@pytest.fixture
def form(ada: int, weight: int) -> str:
    """The address of the form that refers Ada to it."""
    return f"{PCN}/people/{ada}/refer?service_id={weight}"


@pytest.fixture
def row(acting: Acting) -> Callable[[], Referral]:
    """The latest referral as its PCN has it."""

    def read() -> Referral:
        with acting("dover-town", "cora"):
            found = db.session.scalars(select(Referral).order_by(Referral.id.desc())).first()
            assert found is not None
            db.session.expunge(found)
        return found

    return read


@pytest.fixture
def referral(client_of, form, row, world) -> str:
    """The address of a referral of Ada that has been sent, on the partner's side."""
    client_of("cora").post(form, data=YES)
    return f"{PARTNER}/referrals/{world.organisations['dover-town']}/{row().id}"


@pytest.fixture
def worked(app, world: World, acting: Acting) -> Callable[[], list[str]]:
    """Do all work left for Dover Town."""

    def left() -> list[int]:
        with acting("dover-town", "cora"):
            return list(
                db.session.scalars(select(Outbox.id).where(Outbox.done_at.is_(None)).order_by(Outbox.id))
            )

    def work() -> list[str]:
        done: list[str] = []
        while ids := left():
            with app.app_context():
                done += [outbox.run(world.organisations["dover-town"], one) for one in ids]
            assert "failed" not in done
        return done

    return work


def expire_agreements(acting: Acting) -> None:
    with acting("dover-town", "mandy"):
        db.session.execute(update(Agreement).values(ends_on=clock.today() - dt.timedelta(days=1)))
        db.session.commit()
