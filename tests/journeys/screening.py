"""The cohort is frozen, released practice by practice, screened by the clinician, and given out as a file."""

import csv
import io
from pathlib import Path

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.cohorts.models import Screening
from app.people.models import Person as Patient
from app.programmes.models import Participant
from tests.journeys.browser import Person
from tests.journeys.finding import RELEASERS, release
from tests.journeys.journey import EXPECTED, Journey

MEMBERS = EXPECTED["cohort"]
PURPOSE = "Direct care of these people"
TOMORROW = "turns the lower age tomorrow"
PLANNING = "Planning the programme"


# Frozen


def when_the_manager_freezes_it_with_screening_first(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort").follow("Freeze the cohort")
    assert mandy.page.get_by_label("Yes, nobody is contacted before").is_checked()
    mandy.sees("cannot be changed").press("Freeze the cohort").sees(f"Cohort: {MEMBERS} people")
    mandy.sees("Frozen").looks("cohort-frozen")


def then_its_members_are_those_of_the_truth(journey: Journey) -> None:
    """As rows, for a page may count right and hold the wrong people."""
    mine = (Participant.tenant_id == Patient.tenant_id) & (Participant.person_id == Patient.id)
    with journey.rows() as rows:
        members = rows.scalars(select(Patient.nhs_number).join(Participant, mine))
        assert sorted(members) == EXPECTED["members"]


def then_the_rules_can_no_longer_be_changed(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort/edit")
    assert mandy.path == f"{journey.programme}/cohort"


# Released


def when_each_practice_releases_its_people(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/screening")
    clara.sees("nobody can be screened yet").sees("131 people wait for their practice").looks(
        "screening-before-releases"
    )
    for releaser in RELEASERS:
        release(journey, releaser)
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/releases")
    mandy.sees("Releases: 4 of 4 practices").looks("all-released")


# Screened


def when_the_clinician_leaves_one_out_with_a_reason(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").go_to("Today").follow("131 people to screen")
    clara.sees("0 of 131 people decided").follow("Go through them one by one")
    journey.kept["left out"] = clara.heading.removeprefix("Screening for Dover Town ")
    clara.press("Save and go to the next").is_told_what_is_wrong("Choose whether to keep them")
    clara.choose("decision", "leave out").press("Save and go to the next")
    clara.is_told_what_is_wrong("Choose why they are left out").select("reason", "Recent bereavement")
    clara.fill(note="Her husband died last week").press("Save and go to the next")
    assert journey.kept["left out"] not in clara.heading


def when_somebody_is_kept_while_others_are_ticked_elsewhere(journey: Journey) -> None:
    """In a second window, without JavaScript, the same people are ticked before the first one decides."""
    second = journey.at_desk("Dr Clara Osei", script=False).open(f"{journey.programme}/screening")
    second.choose("decision", "keep").press("Decide of those ticked").is_told_what_is_wrong(
        "Tick at least one"
    )
    _tick_all(second)
    first = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/screening").follow("Look")
    first.choose("decision", "look again").press("Save and go to the next")
    second.press("Decide of those ticked").sees("1 person was decided by somebody else in the meantime")
    second.looks("screening-overtaken")


def when_the_plain_cases_are_kept_together(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/screening")
    clara.select("show", "With a red flag").press_for_part("Show").sees("Red flag").looks("red-flags")
    clara.open(f"{journey.programme}/screening")
    while clara.page.locator('input[name="chosen"]').count():
        _tick_all(clara).choose("decision", "keep").press("Decide of those ticked")
    clara.sees("Everybody has been looked at").looks("screening-done")


def then_one_is_left_out_and_130_are_kept(journey: Journey) -> None:
    with journey.rows() as rows:
        holds = select(Screening.decision, func.count()).where(Screening.replaced_at.is_(None))
        made = {row[0]: row[1] for row in rows.execute(holds.group_by(Screening.decision))}
        why = rows.scalars(select(Screening.reason).where(Screening.decision == "leave out")).all()
        gone = rows.scalars(select(Participant.status).where(Participant.status == "left out")).all()
    assert (made, why, len(gone)) == ({"keep": MEMBERS - 1, "leave out": 1}, ["recent bereavement"], 1)


def _tick_all(clara: Person) -> Person:
    for box in clara.page.locator('input[name="chosen"]').all():
        box.check()
    return clara


# Given out as a file


def when_the_clinician_takes_the_list_as_a_file(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/participants")
    clara.follow("Download the list").press("Download the file").is_told_what_is_wrong("Choose what the file")
    journey.kept["named"] = _downloaded(clara.choose("purpose", PURPOSE))


def when_the_manager_takes_it_too(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{journey.programme}/participants")
    mandy.follow("Download the list").sees("pseudonyms and no names")
    journey.kept["planned"] = _downloaded(mandy.choose("purpose", PLANNING))


def then_the_one_names_people_and_the_other_none(journey: Journey) -> None:
    named, planned = journey.kept["named"], journey.kept["planned"]
    assert sorted(row["NHS number"].replace(" ", "") for row in named) == EXPECTED["members"]
    assert journey.kept["left out"] in {row["Name"] for row in named}
    assert len(planned) == MEMBERS
    assert not {"NHS number", "Name", "Date of birth"} & set(planned[0])


def then_both_are_written_down_with_their_purpose(journey: Journey) -> None:
    taken = select(AuditEvent.actor, AuditEvent.purpose, AuditEvent.count).where(
        AuditEvent.action == "exported", AuditEvent.count == MEMBERS
    )
    with journey.rows() as rows:
        found = {tuple(row) for row in rows.execute(taken)}
    assert found == {("Dr Clara Osei", PURPOSE, MEMBERS), ("Mandy Fagg", PLANNING, MEMBERS)}


def _downloaded(person: Person) -> list[dict[str, str]]:
    with person.page.expect_download() as given:
        person.button("Download the file").click()
    content = Path(given.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


# Looked at again


def when_a_day_has_gone(journey: Journey) -> None:
    journey.on_day(1)


def then_the_refresh_says_who_would_join(journey: Journey) -> None:
    """Some turn 40 on the day after; who plans is told that some do, the care team who they are."""
    mandy = _would_join(journey.at_desk("Mandy Fagg"), journey).looks("refresh-for-a-planner")
    mandy.sees("Fewer than 8 people would join").sees("Nobody would leave")
    clara = _would_join(journey.at_desk("Dr Clara Osei"), journey).looks("refresh-for-the-care-team")
    assert sorted(name for name, *_ in clara.cells("Who they are")) == _who_turn_40(journey)


def _would_join(person: Person, journey: Journey) -> Person:
    return person.open(f"{journey.programme}/cohort").follow("See who would join or leave today")


def _who_turn_40(journey: Journey) -> list[str]:
    near = [number for number, why in EXPECTED["near_misses"].items() if TOMORROW in why]
    with journey.rows() as rows:
        return sorted(one.name for one in rows.scalars(select(Patient).where(Patient.nhs_number.in_(near))))


# All the way


def then_no_planner_has_seen_a_person(journey: Journey) -> None:
    """No name or NHS number of the cohort in any page or file that the manager or the analyst was given."""
    mine = (Participant.tenant_id == Patient.tenant_id) & (Participant.person_id == Patient.id)
    with journey.rows() as rows:
        people = rows.scalars(select(Patient).join(Participant, mine)).all()
    numbers = [f"{one.nhs_number[:3]} {one.nhs_number[3:6]} {one.nhs_number[6:]}" for one in people]
    words = [*(one.name for one in people), *(one.nhs_number for one in people), *numbers]
    for name in ("Mandy Fagg", "Alan Pryor"):
        read = "\n".join(journey.read_by(name))
        assert "Cohort: about" in read, name
        assert not [word for word in words if word in read], name
