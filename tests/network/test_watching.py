"""Background work and activity."""

import csv
import datetime as dt
import io
from typing import Any, NamedTuple

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
        names = own.pseudonym, other.pseudonym
        db.session.commit()
    page = client_of("rita").get(ACTIVITY).text
    assert f"Viewed person {names[0]}" in page
    assert names[1] not in page


class Looked(NamedTuple):
    """Somebody who was looked at."""

    id: int
    nhs_number: str
    pseudonym: str


@pytest.fixture
def looks(acting: Any, world: Any) -> tuple[Looked, Looked]:
    """Two people of Rita's practice and one of another. Clara looked at both of hers, Cora at one and his.

    Gives one of hers, whom both looked at, and the other practice's.
    """
    with acting("dover-town", "clara"):
        places = ((21, "G82999"), (22, "G82999"), (23, "G82998"))
        made = [person(world.practices[code], stem) for stem, code in places]
        own, second, other = (Looked(row.id, row.nhs_number, row.pseudonym) for row in made)
        for somebody in (own, second):
            audit.record("viewed", "person", 1, person_id=somebody.id)
        db.session.commit()
    with acting("dover-town", "cora"):
        for somebody in (own, other):
            audit.record("viewed", "plan", 1, person_id=somebody.id)
        audit.record("viewed", "list of referrals", count=3)
        db.session.commit()
    return own, other


def test_a_practice_is_told_how_many_looked_at_its_people_in_the_last_30_days(
    client_of: Any, looks: Any, moved: Any
) -> None:
    page = client_of("rita").get(ACTIVITY).text
    assert "2 members of staff have looked at 2 people of your practice" in page
    assert "members of staff have looked" not in client_of("mandy").get(ACTIVITY).text
    moved(clock.now() + dt.timedelta(days=31))
    assert "nobody has looked at a person of your practice" in client_of("rita").get(ACTIVITY).text


def test_a_practice_finds_who_looked_at_one_of_its_people_by_nhs_number(client_of: Any, looks: Any) -> None:
    own, other = looks
    spaced = f"{own.nhs_number[:3]} {own.nhs_number[3:6]} {own.nhs_number[6:]}"
    page = client_of("rita").get(ACTIVITY, query_string={"about": spaced}).text
    assert "Activity (2)" in page
    assert f"Viewed person {own.pseudonym}" in page
    assert f"Viewed plan of person {own.pseudonym}" in page
    nobody = client_of("rita").get(ACTIVITY, query_string={"about": other.nhs_number}).text
    assert "Nothing fits the filter" in nobody


def test_nobody_but_a_practice_may_ask_by_nhs_number(client_of: Any, looks: Any) -> None:
    own, _ = looks
    page = client_of("mandy").get(ACTIVITY, query_string={"about": own.nhs_number}).text
    assert "About whom" not in page
    assert "Activity (5)" in page  # as if nothing had been asked


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("ada", "Enter an NHS number, like 999 123 4567"),
        ("999", "Enter all 10 digits of the NHS number"),
        ("9991234567", "Check the NHS number: one of its digits is wrong"),
    ],
)
def test_what_is_no_nhs_number_is_said_at_the_field(
    client_of: Any, looks: Any, written: str, said: str
) -> None:
    for address in (ACTIVITY, f"{ACTIVITY}/file"):
        page = client_of("rita").get(address, query_string={"about": written})
        assert page.status_code == 422
        assert said in page.text


def test_only_what_was_seen_or_done_of_one_person_is_shown_on_request(client_of: Any, looks: Any) -> None:
    assert "list of referrals" in client_of("rita").get(ACTIVITY).text
    assert "list of referrals" not in client_of("rita").get(f"{ACTIVITY}?people=y").text


def test_the_activity_is_taken_out_under_the_same_filter_and_that_is_recorded(
    client_of: Any, acting: Any, looks: Any
) -> None:
    own, other = looks
    with acting("dover-town", "clara"):
        audit.record("exported", "=cmd()", 1, person_id=own.id, purpose="+44", count=2)
        db.session.commit()
    shown = client_of("rita").get(f"{ACTIVITY}?people=y").text
    assert "file?people=y" in shown
    file = client_of("rita").get(f"{ACTIVITY}/file?people=y")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["When", "Who", "Role"]
    assert len(rows) == 1 + 4  # Rita's practice alone
    assert rows[1][5] == "'=cmd()"
    assert rows[1][8] == "'+44"
    assert {row[7] for row in rows[1:]} == {own.pseudonym, f"P-{22:06d}"}
    assert other.pseudonym not in file.text
    with acting("dover-town"):
        event = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "exported", AuditEvent.subject == "activity")
        ).one()
        assert (event.actor, event.count) == ("Rita", 4)


def test_somebody_asks_for_a_merged_record_and_finds_all_that_was_done_of_the_person(
    client_of: Any, acting: Any, world: Any, looks: Any
) -> None:
    own, _ = looks
    with acting("dover-town", "clara"):
        merged = person(world.practices["G82999"], 24, merged_into=own.id)
        audit.record("viewed", "values", 1, person_id=merged.id)
        number = merged.nhs_number
        db.session.commit()
    for asked in (number, own.nhs_number):
        page = client_of("rita").get(ACTIVITY, query_string={"about": asked}).text
        assert "Activity (3)" in page, asked


@pytest.mark.parametrize(
    ("who", "status"), [("cora", 403), ("mo", 404), ("ivy", 404), ("olu", 404), (None, 302)]
)
def test_nobody_else_sees_the_activity(client_of: Any, who: str, status: int) -> None:
    assert client_of(who).get(ACTIVITY).status_code == status
    assert client_of(who).get(f"{ACTIVITY}/file").status_code == status
    assert client_of(who).get(WORK).status_code == status


def test_an_icb_sees_its_own_activity_only(client_of: Any, events: None) -> None:
    page = client_of("ivy").get("/icb/kent-and-medway/settings/activity").text
    assert "Viewed" not in page.replace("Viewed activity", "")


def test_every_row_of_the_work_page_can_be_made(acting: Any) -> None:
    with acting("dover-town"):
        assert make(Outbox).id
