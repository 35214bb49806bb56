"""Background work and activity."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from app import audit, clock, outbox
from app.audit import AuditEvent
from app.outbox import Outbox
from app.paging import SIZE
from tenants.db import db
from tenants.models import Membership
from tests.rows import make, person

WORK = "/pcn/dover-town/settings/work"
ACTIVITY = "/pcn/dover-town/settings/activity"


@pytest.fixture
def works(acting: Any) -> dict[str, int]:
    """A piece of work in each state; ids by label."""
    moment = clock.now()
    with acting("dover-town"):
        states: dict[str, dict[str, Any]] = {
            "Send the letters": {"failed_at": moment, "error": "The printer is out of paper", "attempts": 5},
            "Read in the list": {"queued_at": moment},
            "Send the texts": {"run_after": moment + dt.timedelta(hours=3)},
            "Count the cohort": {"attempts": 2, "error": "OperationalError (count, line 3)"},
            "Make the PDF": {"done_at": moment},
        }
        for label, values in states.items():
            outbox.leave("test.work", label, {}, key=label)
            row = db.session.scalars(select(Outbox).where(Outbox.label == label)).one()
            for name, value in values.items():
                setattr(row, name, value)
        db.session.commit()
        return dict(db.session.execute(select(Outbox.label, Outbox.id)).all())  # type: ignore[arg-type]


def test_work_is_shown_by_state_with_the_reason_of_a_failure(client_of: Any, works: dict[str, int]) -> None:
    page = client_of("mandy").get(WORK).text
    for heading in ("Failed (1)", "In progress (1)", "Waiting (2)", "Done lately (1)"):
        assert heading in page
    assert "The printer is out of paper" in page
    assert "after 5 tries" in page
    assert "Did not work yet: OperationalError" in page


def test_without_work_each_heading_says_so(client_of: Any) -> None:
    page = client_of("mandy").get(WORK).text
    assert "Nothing failed." in page
    assert "Work appears here when" in page


def test_the_block_that_refreshes_is_answered_alone(client_of: Any, works: dict[str, int]) -> None:
    headers = {"HX-Request": "true", "HX-Target": "work_now"}
    block = client_of("mandy").get(f"{WORK}/now", headers=headers).text
    assert "<h1" not in block
    assert "Failed (1)" in block
    assert "<h1" in client_of("mandy").get(f"{WORK}/now").text


def test_a_page_that_refreshes_itself_does_not_keep_the_session_alive(client_of: Any, moved: Any) -> None:
    start = clock.now()
    moved(start)
    client = client_of("mandy")
    for minutes in (4, 8, 12):
        moved(start + dt.timedelta(minutes=minutes), stay=False)
        assert client.get(f"{WORK}/now").status_code == 200
    moved(start + dt.timedelta(minutes=16), stay=False)
    assert client.get(f"{WORK}/now").status_code == 302


def test_failed_work_is_put_in_line_again_once(client_of: Any, acting: Any, works: dict[str, int]) -> None:
    client = client_of("mandy")
    path = f"{WORK}/{works['Send the letters']}/again"
    assert "“Send the letters” is in line again" in client.sent(path).text
    assert "was put in line again already" in client.sent(path).text
    with acting("dover-town"):
        row = db.session.scalars(select(Outbox).where(Outbox.label == "Send the letters")).one()
        assert (row.failed_at, row.attempts) == (None, 0)
        events = select(AuditEvent).where(AuditEvent.action == "tried again")
        assert len(db.session.scalars(events).all()) == 1


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("cora", WORK, 403),
        ("mo", "/pcn/medway-central/settings/work", 404),
        ("mo", WORK, 404),
        ("ivy", "/icb/kent-and-medway/settings/work", 404),
        ("olu", "/partner/one-you-kent/settings/work", 404),
    ],
)
def test_nobody_else_tries_it_again(
    client_of: Any, acting: Any, works: dict[str, int], who: str, path: str, status: int
) -> None:
    assert client_of(who).post(f"{path}/{works['Send the letters']}/again").status_code == status
    with acting("dover-town"):
        row = db.session.scalars(select(Outbox).where(Outbox.label == "Send the letters")).one()
        assert row.failed_at is not None


def test_failed_work_waits_on_the_page_today(client_of: Any, works: dict[str, int]) -> None:
    assert "piece of background work failed" in client_of("mandy").get("/pcn/dover-town/today").text
    assert "background work" not in client_of("cora").get("/pcn/dover-town/today").text


# Activity.


@pytest.fixture
def events(acting: Any, world: Any) -> None:
    """Dover Town's own events, one of a partner with its data, and one of the neighbour."""
    with acting("dover-town", "clara"):
        audit.record("viewed", "person", 7, person_id=7)
        for _ in range(SIZE + 5):
            audit.record("exported", "cohort list", 1, count=131, purpose="planning")
        db.session.commit()
    with acting("one-you-kent", "olu"):
        audit.record("viewed", "referral", 3, tenant_id=world.organisations["dover-town"])
        audit.record("changed", "service", 9)
        db.session.commit()
    with acting("medway-central", "mo"):
        audit.record("viewed", "person", 8, person_id=8, purpose="Larkmere")
        db.session.commit()


def test_activity_shows_our_own_and_what_partners_did_with_our_data(client_of: Any, events: None) -> None:
    page = client_of("mandy").get(f"{ACTIVITY}?page=2").text
    assert "Viewed person number 7" in page
    first = client_of("mandy").get(ACTIVITY).text
    assert "for another organisation" in first
    assert "Viewed referral" in first
    assert "Changed service" not in first
    assert "Larkmere" not in first + page


def test_looking_at_the_activity_is_recorded_with_how_much_was_shown(
    client_of: Any, acting: Any, events: None
) -> None:
    client_of("mandy").get(ACTIVITY)
    with acting("dover-town"):
        looked = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == "activity")).one()
        assert (looked.action, looked.actor) == ("viewed", "Mandy")
        assert looked.count == SIZE + 7
    assert "Viewed activity" in client_of("mandy").get(ACTIVITY).text


def test_pages_hold_25_events_and_keep_the_filter(client_of: Any, events: None) -> None:
    client = client_of("mandy")
    page = client.get(f"{ACTIVITY}?what=cohort").text
    assert f"Activity ({SIZE + 5})" in page
    assert page.count("Exported cohort list") == SIZE
    assert "what=cohort&amp;page=2" in page
    assert client.get(f"{ACTIVITY}?what=cohort&page=2").text.count("Exported cohort list") == 5
    for nonsense in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"{ACTIVITY}?page={nonsense}").status_code == 200


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("who=olu", "Viewed referral", "Exported cohort list"),
        ("what=person", "Viewed person", "Viewed referral"),
        ("who=100%25", "Nothing fits the filter", "Viewed"),
        ("since-day=1&since-month=1&since-year=2099", "Nothing fits the filter", "Viewed referral"),
        ("until-day=1&until-month=1&until-year=2001", "Nothing fits the filter", "Viewed referral"),
    ],
)
def test_activity_is_filtered_by_who_what_and_day(
    client_of: Any, events: None, query: str, shown: str, hidden: str
) -> None:
    page = client_of("mandy").get(f"{ACTIVITY}?{query}").text
    assert shown in page
    assert hidden not in page
    assert "Clear filters" in page


def test_a_day_that_is_none_is_said_at_the_field(client_of: Any, events: None) -> None:
    page = client_of("mandy").get(f"{ACTIVITY}?since-day=31&since-month=2&since-year=2026&who=clara")
    assert page.status_code == 422
    assert "From must be a real date" in page.text
    assert 'value="clara"' in page.text


@pytest.mark.parametrize("another", [None, "analyst"])
def test_a_practice_releaser_sees_who_looked_at_their_own_practices_people_whatever_else_they_do(
    client_of: Any, acting: Any, world: Any, another: str | None
) -> None:
    with acting("dover-town", "clara"):
        if another:
            make(Membership, account_id=world.accounts["rita"], role=another, ended_at=None)
        own = person(world.practices["G82999"], 11)
        other = person(world.practices["G82998"], 12)
        audit.record("viewed", "person", own.id, person_id=own.id)
        audit.record("viewed", "person", other.id, person_id=other.id)
        db.session.commit()
        numbers = own.id, other.id
    page = client_of("rita").get(ACTIVITY).text
    assert f"person number {numbers[0]}<" in page or f"person number {numbers[0]} " in page
    assert f"person number {numbers[1]}" not in page


@pytest.mark.parametrize(
    ("who", "status"), [("cora", 403), ("mo", 404), ("ivy", 404), ("olu", 404), (None, 302)]
)
def test_nobody_else_sees_the_activity(client_of: Any, who: str, status: int) -> None:
    assert client_of(who).get(ACTIVITY).status_code == status
    assert client_of(who).get(WORK).status_code == status


def test_an_icb_sees_its_own_activity_only(client_of: Any, events: None) -> None:
    page = client_of("ivy").get("/icb/kent-and-medway/settings/activity").text
    assert "Viewed" not in page.replace("Viewed activity", "")


def test_every_row_of_the_work_page_can_be_made(acting: Any) -> None:
    with acting("dover-town"):
        assert make(Outbox).id
