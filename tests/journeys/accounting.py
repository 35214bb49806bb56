"""Everybody accounted for: numbers equal to the rows, lists behind them, a file, and a person's own page."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Locator
from sqlalchemy import func, select

from app import clock
from app.audit import AuditEvent
from app.outreach.models import Contact, Step
from app.programmes.models import Participant, Programme
from tests.journeys import answers
from tests.journeys.browser import Person
from tests.journeys.journey import Journey
from tests.journeys.texting import page_of

PURPOSE = "Direct care of these people"
SAID = (
    "Text sent", "Text delivered", "They answered: yes, call me", "Call: no answer", "Call: voicemail left",
    "Call: busy", "Not reached: try again",
)  # fmt: skip


def then_every_number_equals_the_rows(journey: Journey) -> None:
    """People = the sum of their places, and at each step people = sent + held back + failed + waiting."""
    clara = (
        journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/outreach").follow("Everybody accounted")
    )
    clara.looks("everybody-accounted-for")
    everybody, *steps = clara.page.locator(".oast-reckoning").all()
    whole, *parts = _numbers(everybody.inner_text())
    assert whole == sum(parts) == _people(journey)
    told = {number: _numbers(line.inner_text()) for number, line in enumerate(steps, 1)}
    rows = _rows_by_step(journey)
    assert set(told) == set(rows) == {1, 2, 3}
    for position, (people, *split) in told.items():
        assert people == sum(split) == sum(rows[position].values()), (position, told, rows)
        assert sorted(filter(None, split)) == sorted(rows[position].values()), (position, told, rows)


def then_each_number_opens_its_list(journey: Journey) -> None:
    """As many people as the number says stand behind it; for who plans, without a name."""
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/outreach/everybody")
    behind = {link.get_attribute("href"): link.inner_text() for link in _links(clara)}
    assert len(behind) > 10
    for address, words in behind.items():
        assert address
        number = _numbers(words)[0]
        clara.open(address).sees(f"{number:,} {'person' if number == 1 else 'people'}.")
    mandy = journey.at_desk("Mandy Fagg", script=False).open(f"{journey.programme}/outreach/everybody")
    mandy.sees("because it comes from people’s records")
    for link in [link.get_attribute("href") for link in _links(mandy)]:
        assert link
        assert not mandy.open(link).links_to("/people/"), link


def when_those_that_failed_are_taken_as_a_file(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{journey.programme}/outreach/everybody")
    clara.follow("Download the messages that failed").press("Download the file")
    clara.is_told_what_is_wrong("Choose what the file").choose("purpose", PURPOSE)
    with clara.page.expect_download() as given:
        clara.button("Download the file").click()
    content = Path(given.value.path()).read_bytes().decode("utf-8-sig")
    journey.kept["failed"] = list(csv.DictReader(io.StringIO(content)))


def then_it_has_each_of_them_and_its_purpose_is_kept(journey: Journey) -> None:
    found = journey.kept["failed"]
    with journey.rows() as rows:
        failed = rows.scalar(select(func.count()).where(Contact.state == "failed"))
        taken = select(AuditEvent.purpose, AuditEvent.count).where(AuditEvent.subject == "failed messages")
        assert [tuple(row) for row in rows.execute(taken)] == [(PURPOSE, failed)]
    assert len(found) == failed
    assert {"Easy-read text", "Letter"} <= {row["Step"] for row in found}
    assert not any(re.search(r"\b07\d{9}\b|CT16", " ".join(row.values())) for row in found)


# One person


def when_somebody_asks_five_different_things(journey: Journey) -> None:
    """By phone, each a thing of its own."""
    journey.kept["asks"] = who = answers.who(journey, answers.LATER)
    cora = page_of(journey, who).follow("Enter what they ask of us").press("Save")
    cora.is_told_what_is_wrong("Choose what they ask", "Choose how they said it")
    cora.choose("asked", "letter", "national data opt-out", "Type 1 opt-out", "this programme")
    cora.page.locator('input[name="source"]').first.check()
    cora.date("asked_on", clock.today()).press("Save").looks("five-things-apart")


def then_they_stand_apart_each_with_a_way_back(journey: Journey) -> None:
    cora = page_of(journey, journey.kept["asks"], script=False).follow("What each means")
    for said in ("Do not contact by letter", "Opted out", "Each of these is a thing of its own"):
        cora.sees(said)
    headings = cora.page.get_by_role("heading", level=3).all_inner_texts()
    told = [heading.removesuffix(" In force") for heading in headings if heading.endswith("In force")]
    assert told == ["This programme", "Contact by us", "National data opt-out", "Type 1 opt-out"]
    cora.follow("Take this back").sees("Take back what they asked")
    cora.press("They may be contacted again").is_told_what_is_wrong("Enter why it no longer holds")
    cora.fill(why="They rang and changed their mind").press("They may be contacted again")
    cora.sees("Taken back").sees("They rang and changed their mind")


def then_the_timeline_has_everything_sent_tried_and_said(journey: Journey) -> None:
    cora = page_of(journey, answers.who(journey, answers.ASKED_FOR_A_CALL)).looks("timeline")
    for details in cora.page.locator("details").all():
        details.evaluate("one => { one.open = true }")
    timeline = cora.page.get_by_role("main").inner_text()
    for said in SAID:
        assert said.lower() in timeline.lower(), (said, timeline)


def _links(person: Person) -> list[Locator]:
    return person.page.get_by_role("main").locator('a[href*="/everybody/people"]').all()


def _numbers(words: str) -> list[int]:
    """The whole numbers in some words, of "131 people = 3 due now + …"; none that numbers a step."""
    counts = re.sub(r"[Ss]tep \d+", "", words)
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", counts)]


def _people(journey: Journey) -> int:
    with journey.rows() as rows:
        return rows.scalar(select(func.count()).select_from(Participant)) or 0


def _rows_by_step(journey: Journey) -> dict[int, dict[str, int]]:
    with journey.rows() as rows:
        counted = (
            select(Step.position, Contact.state, func.count())
            .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
            .join(Programme, (Programme.tenant_id == Step.tenant_id) & (Programme.id == Step.programme_id))
            .group_by(Step.position, Contact.state)
        )
        found: dict[int, dict[str, int]] = {}
        for position, state, number in rows.execute(counted):
            found.setdefault(position, {})[state] = number
        return found
