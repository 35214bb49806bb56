"""The five files of Dover Town come in: what is refused, questioned, renewed, and decided by hand."""

import datetime as dt
import re
import time
from pathlib import Path

from sqlalchemy import select

from app import audit
from app.demo import load
from app.demo.linked_data import SIGNED, SOURCES
from app.people.linking_models import LinkDecision, SourceEntry
from app.people.models import Person as Patient
from tests.journeys.browser import Person
from tests.journeys.finding import EXTRACTED, SECONDS
from tests.journeys.journey import EXPECTED, PCN, Journey

LIST, EVENTS, SERVICE, GROUPS, COUNCIL = (name for name, *_ in SOURCES)
SERVICE_TITLES = b"NHS No.;Service;Referral date;Status"
OTHER_TITLES = b"Patient ref;Clinic;Sent on;Status"
TOO_EARLY = 200  # lines of the events


def given_dover_town_is_on_board(journey: Journey) -> None:
    """The PCN and its staff, from the file of the demonstration: another journey walks that through."""
    with journey.app().app_context(), audit.by("Demonstration"):
        load.onboard("dover-town")


# Agreements


def when_an_agreement_is_ended(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/data/sources").follow(SERVICE).follow("End it")
    mandy.press("End the agreement").sees("is ended").sees("Nothing can be brought in from this source")


def then_nothing_comes_from_there_and_the_page_says_who_can_help(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor").open(f"{PCN}/data/sources").follow(SERVICE)
    alan.sees("Nothing can be brought in from this source").sees("Mandy Fagg can put that right")
    alan.open(f"{PCN}/data/bring-in").sees("1 source cannot be used now")
    assert SERVICE not in alan.page.locator('input[name="source"] + label').all_inner_texts()


def when_the_manager_renews_it(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{PCN}/data/sources").follow(SERVICE)
    mandy.follow("Renew the agreement").fill(reference="KMISA-2026-099", signed_by=SIGNED)
    mandy.page.get_by_label("Use of services").uncheck()
    mandy.date("starts_on", EXTRACTED).date("ends_on", EXTRACTED).press("Save the agreement")
    mandy.is_told_what_is_wrong("The files of this source hold use of services")
    mandy.choose("data_classes", "use of services").press("Save the agreement").sees("In date")


# A wrong file


def when_the_analyst_takes_the_wrong_file_for_the_list(journey: Journey) -> None:
    alan = _chosen(journey, LIST, journey.file("community_services.csv")).press("Bring in")
    alan.is_told_what_is_wrong("does not have the columns that are needed", "Practice Code")


def when_the_events_come_before_the_people(journey: Journey) -> None:
    lines = journey.file("gp_events.csv").read_bytes().splitlines(keepends=True)
    early = _written(journey, "too-early.csv", b"".join(lines[: TOO_EARLY + 1]))
    alan = _chosen(journey, EVENTS, early).press("Bring in").sees_within("Waits for you", SECONDS)
    alan.sees("Is this the right file?").sees(f"Few of its people are in your practices’ lists: {TOO_EARLY}")
    alan.looks("wrong-file").press("No, cancel this import").sees("Nothing of it was kept")


# The files


def when_the_list_is_read_without_script(journey: Journey) -> None:
    """Where nothing runs in the page, the analyst asks it himself how far the work is."""
    alan = _chosen(journey, LIST, journey.file("gp_patients.csv"), script=False).press("Bring in")
    _refresh_until(alan, "Waits for you").looks("preview-of-people")
    journey.kept["preview of people"] = alan.cells("Rows by outcome")
    alan.press("Save")
    _refresh_until(alan, "What was saved")


def then_refused_rows_are_counted_by_reason(journey: Journey) -> None:
    """As exactly as the truth has them; the list of lines is looked at in the journey of the whole town."""
    rows = {words: int(number.replace(",", "")) for words, number in journey.kept["preview of people"]}
    refused = next(words for words in rows if words.startswith("Refused"))
    assert (rows["All rows"], rows["New people"]) == (EXPECTED["rows"], EXPECTED["people"])
    assert rows[refused] == sum(EXPECTED["refused"].values())
    assert all(f"{reason}: {count}" in refused for reason, count in EXPECTED["refused"].items()), refused


def _refresh_until(alan: Person, words: str) -> Person:
    end = time.monotonic() + SECONDS / 1000
    while words not in alan.page.get_by_role("main").inner_text():
        assert time.monotonic() < end, f"{alan.page.url} never showed “{words}”"
        time.sleep(0.2)
        alan.follow("Refresh")
    return alan


def when_the_services_list_names_its_columns_otherwise(journey: Journey) -> None:
    content = journey.file("community_services.csv").read_bytes()
    other = _written(journey, "from-the-trust.csv", content.replace(SERVICE_TITLES, OTHER_TITLES))
    alan = _chosen(journey, SERVICE, other).press("Bring in").sees_within("Columns to name", SECONDS)
    alan.looks("columns-to-name").follow("Say which column is which")
    alan.press("Save and read the file").is_told_what_is_wrong("Select the column that holds NHS Number")
    for ours, theirs in (("nhs_number", "Patient ref"), ("service", "Clinic"), ("since", "Sent on")):
        alan.select(ours, theirs)
    alan.press("Save and read the file").sees_within("Waits for you", SECONDS)


def then_its_rows_are_found_and_saved(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor").looks("preview-of-a-service")
    assert _rows(alan)["New entries"] == _rows(alan)["All rows"] == "900"
    alan.press("Save").sees_within("What was saved", SECONDS)


def when_the_same_list_comes_again_then_nothing_changes(journey: Journey) -> None:
    """Under its usual names, which the source knows beside the others."""
    alan = _previewed(journey, SERVICE, "community_services.csv")
    assert (_rows(alan)["Unchanged"], _rows(alan)["New entries"]) == ("900", "0")
    alan.press("Finish: there is nothing to save").sees_within("What was saved", SECONDS)


def when_the_council_is_read_and_not_saved_yet(journey: Journey) -> None:
    alan = _previewed(journey, COUNCIL, "patient_council.csv").sees("New entries")
    assert _rows(alan)["New entries"] == "24"
    journey.kept["council"] = alan.path


def when_the_groups_are_saved_meanwhile(journey: Journey) -> None:
    """People are found by name, date of birth and postcode; of one row they could be two."""
    alan = _previewed(journey, GROUPS, "voluntary_sector.csv").looks("preview-of-groups")
    assert (_rows(alan)["New entries"], _rows(alan)["All rows"]) == ("399", "400")
    alan.sees("several people match: 1").press("Save 400 entries")
    alan.sees_within("1 row waited for a decision of the care team", SECONDS).looks("groups-saved")


def then_the_preview_of_the_council_is_renewed(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor").open(journey.kept["council"])
    alan.sees("This preview is out of date").looks("stale-preview")
    assert not alan.page.get_by_role("button", name="Save").count()
    alan.press("Read it again").sees_within("Save 24 entries", SECONDS).press("Save 24 entries")
    alan.sees_within("What was saved", SECONDS)


# Whom a row is about


def then_the_analyst_learns_how_many_rows_wait_and_of_whom_nothing(journey: Journey) -> None:
    alan = journey.at_desk("Alan Pryor").go_to("Data").follow("1 row of a list waits")
    alan.sees("1 row waits to be linked").sees("Dr Clara Osei").does_not_see("Nowak")


def when_the_clinician_decides_without_script(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei", script=False).go_to("Today").follow("1 row to link")
    clara.follow("Start with the oldest").sees("Peter Nowak").sees("several people match")
    clara.press("Save decision").is_told_what_is_wrong("Select whom the row is about")
    clara.page.get_by_label("Nobody in the lists").check()
    clara.press("Save decision").sees("Your decision is saved").sees("Nothing waits")
    assert _row_of_peter(journey) == ("nobody", None)


def when_the_clinician_thinks_again(journey: Journey) -> None:
    clara = (
        journey.at_desk("Dr Clara Osei").open(f"{PCN}/data/queue/decisions").sees("About nobody in the lists")
    )
    clara.press("Undo").sees("The decision is undone").sees("2 people it could be")
    clara.page.get_by_label(re.compile("born 27 November 1969")).check()
    clara.fill(note="The practice has confirmed it").press("Save decision").sees("Nothing waits")
    clara.open(f"{PCN}/data/queue/linked").open(f"{PCN}/data/merging")


def then_the_row_is_the_elders(journey: Journey) -> None:
    assert _row_of_peter(journey) == ("linked", dt.date(1969, 11, 27))


def _row_of_peter(journey: Journey) -> tuple[str, dt.date | None]:
    """Where the row stands that could be of two, and when the person was born whom it is of."""
    peter = SourceEntry.said["family_name"].as_string() == "Nowak"
    linked = (Patient.tenant_id == SourceEntry.tenant_id) & (Patient.id == SourceEntry.person_id)
    with journey.rows() as rows:
        row = rows.execute(
            select(SourceEntry.state, Patient.born).outerjoin(Patient, linked)
            .join(LinkDecision, LinkDecision.entry_id == SourceEntry.id).where(peter).distinct()
        ).one()  # fmt: skip
        return row.state, row.born


def _rows(alan: Person) -> dict[str, str]:
    return {words: number for words, number in alan.cells("Rows by outcome")}


def _previewed(journey: Journey, source: str, name: str) -> Person:
    chosen = _chosen(journey, source, journey.file(name))
    return chosen.press("Bring in").sees_within("Waits for you", SECONDS)


def _chosen(journey: Journey, source: str, file: Path, *, script: bool = True) -> Person:
    """The analyst at the upload, with that source and that file chosen."""
    alan = journey.at_desk("Alan Pryor", script=script).open(f"{PCN}/data/sources").follow(source)
    return alan.follow("Bring in a file").date("data_date", EXTRACTED).attach("file", file)


def _written(journey: Journey, name: str, content: bytes) -> Path:
    path = journey.files / name
    path.write_bytes(content)
    return path
