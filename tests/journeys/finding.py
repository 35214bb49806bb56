"""Points 3 and 4: the files are brought in, the cohort is looked at, frozen and released; it goes live."""

import datetime as dt
import re

from sqlalchemy import select

from app.demo.linked_data import PURPOSE, SIGNED, SOURCES
from app.people.models import Person as Patient
from app.programmes.models import Participant
from tests.journeys.browser import Person
from tests.journeys.journey import EXPECTED, PCN, Journey
from tests.journeys.onboarding import PRACTICES

EXTRACTED = dt.date.fromisoformat(EXPECTED["index"])
RELEASERS = [releaser for _, releaser in PRACTICES.values()]
PROMPT, LATE = RELEASERS[:3], RELEASERS[3]
LATE_PRACTICE = next(name for name, releaser in PRACTICES.values() if releaser == LATE)
BLURRED_BY = 20  # people: more than the blur of 131 and the rounding ever do together
SECONDS = 180_000  # milliseconds, at most, for a file of fifty thousand rows


# 3


def when_nothing_can_be_brought_in_without_an_agreement(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor").go_to("Data").sees("Mandy Fagg can register")
    alan.open(f"{PCN}/data/bring-in").sees("No source can be used yet")


def when_the_manager_registers_where_data_comes_from(journey: Journey) -> None:
    """The sources, names and words are those of the demonstration, where the rest of them come in."""
    mandy = journey.at_desk("Mandy Fagg").go_to("Today").follow("Register where your data comes from")
    for number, (name, kind, holds, controller, classes, _) in enumerate(SOURCES):
        if number:
            mandy.go_to("Data").follow("All about sources").follow("Register a source")
        mandy.fill(name=name, holds=holds, controller=controller, purpose=PURPOSE).choose("kind", kind)
        mandy.press("Register").sees(f"{name} is registered")
        _sign(mandy, f"KMISA-2026-{number:03}", classes)


def _sign(mandy: Person, reference: str, classes: tuple[str, ...]) -> None:
    mandy.press("Save the agreement").is_told_what_is_wrong("Enter the agreement’s reference")
    mandy.fill(reference=reference, signed_by=SIGNED)
    mandy.page.locator('input[name="lawful_basis"]').nth(1).check()
    mandy.choose("data_classes", *classes)
    mandy.date("starts_on", EXTRACTED).date("ends_on", EXTRACTED + dt.timedelta(days=365))
    mandy.press("Save the agreement").sees("In date")


def when_the_analyst_brings_in_a_file_that_is_no_list(journey: Journey) -> None:
    picture = journey.files / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    alan = journey.at_desk("Alan Pryor").go_to("Data").follow("Bring in a file")
    alan.press("Bring in").is_told_what_is_wrong("Select where the file comes from", "Choose a file")
    _from(alan, SOURCES[0][0]).date("data_date", EXTRACTED).attach("file", picture).press("Bring in")
    alan.is_told_what_is_wrong("CSV")


def when_the_analyst_brings_in_the_patient_list(journey: Journey) -> None:
    _bring_in(journey, "people", "gp_patients.csv")


def when_the_analyst_brings_in_the_coded_events(journey: Journey) -> None:
    _bring_in(journey, "events", "gp_events.csv")


def _from(alan: Person, source: str) -> Person:
    """At the upload, with that source chosen."""
    return alan.open(f"{PCN}/data/sources").follow(source).follow("Bring in a file")


def _bring_in(journey: Journey, kind: str, name: str) -> None:
    source = next(source for source, of, *_ in SOURCES if of == kind)
    alan = _from(journey.at_desk("Alan Pryor"), source)
    alan.date("data_date", EXTRACTED).attach("file", journey.file(name)).press("Bring in")
    alan.sees_within("Waits for you", SECONDS).looks(f"preview-of-{kind}")
    journey.kept[f"preview of {kind}"] = alan.cells("Rows by outcome")


def then_refused_rows_are_listed_by_line_with_the_reason(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor")
    rows = {row[0]: row[1] for row in journey.kept["preview of people"]}
    assert _number(rows["All rows"]) == EXPECTED["rows"]
    refused = next(words for words in rows if words.startswith("Refused"))
    assert _number(rows[refused]) == sum(EXPECTED["refused"].values())
    for reason, count in EXPECTED["refused"].items():
        assert f"{reason}: {count}" in refused, (reason, refused)
    alan.follow("unknown practice").sees("9 lines with the reason “unknown practice”")
    assert len(alan.cells("Lines of the file that are not used, and why")) == 9


def then_the_preview_is_saved(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor")
    alan.press("Save").sees_within("What was saved", SECONDS).looks("import-saved")


def then_the_events_that_cannot_be_are_refused(journey: Journey) -> None:
    rows = journey.kept["preview of events"]
    refused = next(words for words, _ in rows if words.startswith("Refused"))
    assert f"impossible date: {EXPECTED['impossible_dates']}" in refused


def _number(words: str) -> int:
    return int(words.replace(",", ""))


# 4


def when_the_manager_looks_at_the_cohort(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/cohort").follow("Change the rules")
    mandy.follow("Change age 40 to 69").fill(youngest="70").press("Save the rule").looks("cohort-error")
    mandy.is_told_what_is_wrong("Enter 70 or more")
    mandy.fill(youngest="40").press_for_part("Show what this gives").sees("This gives about")
    mandy.follow("Cancel").date("on", EXTRACTED).press_for_part("Count as of this day")
    is_told_about(mandy, len(EXPECTED["members"]))
    mandy.follow("Save as version 1")
    mandy.fill(why="As the set-up has it").press("Save the version").sees("Version 1 is saved")


def is_told_about(planner: Person, truth: int) -> None:
    """Who plans reads a number in fives that is near the truth; which one depends on the service's key."""
    found = re.search(r"about ([\d,]+) people", planner.sees("people").page.inner_text("main"))
    assert found, "no rounded number of people"
    assert _number(found[1]) % 5 == 0
    assert abs(_number(found[1]) - truth) <= BLURRED_BY


def then_the_attrition_is_that_of_the_truth(journey: Journey) -> None:
    """The care team sees exact numbers, who plans sees rounded ones."""
    is_told_about(
        journey.at_desk("Mandy Fagg").sees("Cohort: about").looks("cohort"), len(EXPECTED["members"])
    )
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/cohort").sees("Cohort: 131 people")
    everybody, *steps = clara.cells("Step by step")
    assert _number(everybody[2]) == EXPECTED["people"]
    found = [[label.split(": ", 1)[1], _number(lost), _number(left)] for label, lost, left in steps]
    assert found == EXPECTED["attrition"]
    gain = {label.lower(): _number(more) for label, more in clara.cells("Rule by rule")}
    assert gain == {label.lower(): more for label, more in EXPECTED["gain_if_dropped"].items()}


def then_it_is_frozen(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").follow("Freeze the cohort")
    mandy.sees("Freeze the cohort of").choose("screened_first", "no")
    mandy.press("Freeze the cohort").sees("131 people")
    with journey.rows() as rows:
        members = select(Patient.nhs_number).join(
            Participant,
            (Participant.tenant_id == Patient.tenant_id) & (Participant.person_id == Patient.id),
        )
        assert sorted(rows.scalars(members)) == EXPECTED["members"]


def when_three_practices_release_their_people(journey: Journey) -> None:
    for releaser in PROMPT:
        release(journey, releaser)


def release(journey: Journey, releaser: str) -> None:
    """The releaser of a practice lets its people be contacted, from what Today says."""
    person = journey.at_desk(releaser).go_to("Today").follow("Release your practice’s people")
    if releaser == RELEASERS[0]:
        person.press("Release them").is_told_what_is_wrong("Choose the basis")
    person.page.locator('input[name="basis"]').first.check()
    person.press("Release them").sees("Released")


def then_people_of_the_fourth_are_not_named(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(f"{journey.programme}/participants")
    cora.sees("131 people").select("practice", LATE_PRACTICE).press_for_part("Show").sees("37 people of 131")
    cora.sees("A pseudonym stands where the practice has not released its people")
    assert not cora.links_to("/people/"), "a person of a practice that has not released its people is named"


def when_the_manager_goes_live(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(journey.programme).follow("Go live")
    mandy.press("Change the state").is_told_what_is_wrong("Choose")
    mandy.choose("action", "go live").press("Change the state").sees("Live").looks("programme-live")
