"""Where a clinician screens first, nobody is contacted before: asked when built, approved and sent."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, update

from app import clock
from app.cohorts import screening
from app.cohorts.models import Cohort, Release
from app.cohorts.screening import Decision
from app.outreach.call_models import Call
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach
from tests.outreach.seeding import MONDAY
from tests.rows import make

KEEP, LEAVE_OUT = Decision("keep"), Decision("leave out", "pregnant")
HELD = ("held back", "a clinician has not screened them yet")


def start(outreach: Outreach, *people: dict[str, str]) -> list[int]:
    """A programme with these people in which a clinician screens first."""
    ids = outreach.start(*people)
    outreach.change(
        lambda: make(Cohort, programme_id=outreach.programme_id, state="frozen", screened_first=True)
    )
    return ids


def decide(outreach: Outreach, ids: Sequence[int], decision: Decision) -> None:
    """Clara decides of these, upon what holds now."""

    def work() -> None:
        live = {row.participant_id: row.id for number in ids for row in screening.history_of(number)[:1]}
        seen = {number: live.get(number, 0) for number in ids}
        assert screening.decide(outreach.programme_id, seen, decision).made == sorted(ids)

    outreach.change(work)


def test_only_those_who_were_kept_are_in_the_batch_and_the_others_in_the_next(outreach: Outreach) -> None:
    ada, ben, cleo, dora = start(outreach, {}, {}, {}, {})
    page = outreach.client_of("cora").get(outreach.page).text
    assert "4 people of 4 cannot be contacted yet, because a clinician has not screened them" in page
    assert "Nobody is due now" in page
    decide(outreach, [ada], KEEP)
    decide(outreach, [ben], LEAVE_OUT)
    decide(outreach, [cleo], Decision("look again"))
    first = outreach.send()
    assert outreach.states(first) == {ada: ("sent", None), ben: ("held back", "left out of the programme")}
    assert "2 people of 4 cannot be contacted yet" in outreach.client_of("clara").get(outreach.page).text
    decide(outreach, [cleo, dora], KEEP)
    assert outreach.states(outreach.build()) == {cleo: ("waiting", None), dora: ("waiting", None)}


def test_who_is_no_longer_kept_is_held_back_when_the_batch_is_approved(outreach: Outreach) -> None:
    ada, ben = start(outreach, {}, {})
    decide(outreach, [ada, ben], KEEP)
    batch = outreach.build()
    decide(outreach, [ben], Decision("look again"))
    outreach.approve(batch)
    assert outreach.states(batch) == {ada: ("waiting", None), ben: HELD}


def test_who_is_no_longer_kept_is_held_back_at_the_moment_of_sending(outreach: Outreach) -> None:
    ada, ben, cleo = start(outreach, {}, {}, {})
    decide(outreach, [ada, ben, cleo], KEEP)
    batch = outreach.build()
    outreach.approve(batch)
    decide(outreach, [ben], Decision("look again"))
    decide(outreach, [cleo], LEAVE_OUT)
    outreach.work()
    assert outreach.states(batch) == {
        ada: ("sent", None),
        ben: HELD,
        cleo: ("held back", "left out of the programme"),
    }
    assert len(outreach.captured()) == 1


def test_who_is_no_longer_kept_is_not_rung(outreach: Outreach) -> None:
    (ada,) = start(outreach, {})
    decide(outreach, [ada], KEEP)
    outreach.send()
    outreach.moved(MONDAY + dt.timedelta(days=7))
    letter = outreach.send(2)
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{letter}/hand-over")
    outreach.moved(MONDAY + dt.timedelta(days=14))
    batch = outreach.build(3)
    with outreach.acting("dover-town"):
        call = db.session.scalars(select(Call.id).where(Call.participant_id == ada)).one()
    decide(outreach, [ada], Decision("look again"))
    said = outreach.client_of("cora").sent(f"{BASE}/calls/{call}/claim").text
    assert "Do not ring: a clinician has not screened them yet" in said
    assert outreach.states(batch) == {ada: HELD}


def test_where_nobody_screens_first_nothing_waits(outreach: Outreach) -> None:
    (ada,) = outreach.start({})
    outreach.change(
        lambda: make(Cohort, programme_id=outreach.programme_id, state="frozen", screened_first=False)
    )
    assert outreach.states(outreach.build()) == {ada: ("waiting", None)}


def test_letters_of_a_practice_that_took_its_release_back_are_not_given_out(outreach: Outreach) -> None:
    outreach.start({"mobile": "none"})
    outreach.send()
    letter = outreach.build(2)
    outreach.approve(letter)
    outreach.work()
    pdf = f"{BASE}/outreach/batches/{letter}/letters-1.pdf"
    assert outreach.client_of("cora").get(pdf).status_code == 200
    outreach.change(lambda: db.session.execute(update(Release).values(withdrawn_at=clock.now())))
    refused = outreach.client_of("cora").get(pdf, follow_redirects=True)
    assert refused.mimetype == "text/html"
    assert "has taken its release back" in refused.text
    outreach.client_of("cora").post(f"{BASE}/outreach/batches/{letter}/check-letters")
    outreach.work()
    (state,) = outreach.states(letter).values()
    assert state == ("held back", "the practice has not released its people")
