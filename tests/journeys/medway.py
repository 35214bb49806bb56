"""Medway's sequence: a letter, then a call on day 5 to 7 after it, also over a weekend and a bank holiday.

Its people are put into the tables, because how they come in is walked elsewhere; what is done with them is
done at the pages.
"""

import datetime as dt
import re

from sqlalchemy import select

from app.cohorts.models import Release
from app.outreach.call_models import Call
from tenants.models import Practice
from tests import guard
from tests import rows as made
from tests.journeys.browser import Person
from tests.journeys.journey import Journey

PCN, SLUG = "/pcn/medway-central", "medway-central"
MESSAGES = ("Medway letter, large print", "Medway letter", "Medway call script")
AT_EACH = 6  # people of each of the two practices
FIRST, SECOND = "G82989", "G82988"
# After the first day of the journey, Monday 2 November: Wednesday 25 November and Monday 21 December.
POSTED, POSTED_AGAIN = 23, 49


# Begun


def given_it_is_the_day_on_which_medway_begins(journey: Journey) -> None:
    journey.on_day(POSTED)


def when_the_manager_adopts_the_starter(journey: Journey) -> None:
    mo = journey.at_desk("Mo Adeyemi").open(f"{PCN}/programmes").follow("Start a programme")
    mo.follow("Medway").sees("Letter to everybody whose practice has released its people")
    mo.sees("Call on day 5 to 7 after step 1 reached them").press("Start the programme")
    journey.kept["medway"] = mo.path.removesuffix("/set-up")


def when_a_clinician_approves_its_messages_without_script(journey: Journey) -> None:
    """Medway Central has nobody of a patient council: that is ticked, and stands with the message."""
    priti = journey.at_desk("Priti Shah", script=False)
    for name in MESSAGES:
        priti.open(f"{PCN}/library?show=ours").follow(name).follow("Read and approve")
        for tick in priti.page.locator("input[name=accepted]").all():
            tick.check()
        priti.press("Approve version").sees("is approved and can be used")
    priti.open(f"{PCN}/library?show=ours").follow("Medway SOP").press("Approve").sees("Approved")


def given_people_of_two_practices(journey: Journey) -> None:
    """Of the age that the programme is for; who else it is for is known only once the sources are there."""
    with journey.rows(slug=SLUG) as rows, guard.seeding():
        practices = {one.code: one.id for one in rows.scalars(select(Practice))}
        for number in range(2 * AT_EACH):
            made.person(
                practices[FIRST if number < AT_EACH else SECOND], 700_000 + 10 * number,
                given_name=f"Person {number}", born=dt.date(1992, 3, 1), house=str(number + 1),
                town="Chatham", postcode="ME4 4AA", mobile=f"077009005{number:02d}",
            )  # fmt: skip
        rows.commit()


def when_the_manager_keeps_the_rule_of_age_alone(journey: Journey) -> None:
    """The other rules ask for sources that are not there yet."""
    mo = journey.at_desk("Mo Adeyemi", script=False).open(f"{journey.kept['medway']}/cohort/edit")
    rules = mo.page.get_by_role("main").get_by_role("button", name=re.compile("^Take out"))
    while rules.count() > 1:
        with mo.page.expect_navigation():
            rules.last.click()
        mo.arrived()
    mo.sees("20 to 39")


def when_the_cohort_is_frozen_and_the_first_practice_releases(journey: Journey) -> None:
    mo = journey.at_desk("Mo Adeyemi").open(f"{journey.kept['medway']}/cohort").follow("Freeze the cohort")
    mo.choose("screened_first", "no").press("Freeze the cohort").sees("12 people")
    _release(journey, FIRST)
    mo.open(journey.kept["medway"]).follow("Go live")
    mo.choose("action", "go live").press("Change the state").sees("Live")


def _release(journey: Journey, code: str) -> None:
    with journey.rows(slug=SLUG) as rows, guard.seeding():
        practice = rows.scalars(select(Practice.id).where(Practice.code == code)).one()
        number = int(journey.kept["medway"].rpartition("/")[2])
        made.make(Release, programme_id=number, practice_id=practice, released_by="Their partner")
        rows.commit()


# The letters


def when_the_letters_are_posted(journey: Journey) -> None:
    mo = _at_outreach(journey).press_in("Letter", "Build the batch").sees(f"batch of {AT_EACH} people")
    priti = journey.at_desk("Priti Shah").open(mo.path).follow("Read and approve")
    for tick in priti.page.locator("input[name=ticks]").all():
        tick.check()
    priti.fill(number=str(AT_EACH)).press("Approve and").sees_after_refreshing("For the printer")
    cass = journey.at_desk("Cass Wright", script=False).open(mo.path).press("Handed to the printer")
    cass.sees_after_refreshing("Done")


# Five to seven days after them


def then_nobody_is_due_on_day_4(journey: Journey) -> None:
    """Sunday 29 November."""
    journey.on_day(POSTED + 4)
    _at_outreach(journey).sees(f"{AT_EACH} people are due later").sees("Nobody is due now").looks("day-4")
    assert _calls(journey) == 0


def then_they_are_due_on_day_5_and_on_day_7(journey: Journey) -> None:
    for day in (5, 7):
        journey.on_day(POSTED + day)
        _at_outreach(journey).sees(f"{AT_EACH} people are due now").does_not_see("later than the step says")


def then_after_day_7_they_are_late_and_not_lost(journey: Journey) -> None:
    journey.on_day(POSTED + 8)
    mo = _at_outreach(journey, script=False).sees("6 of them are later than the step says").looks("day-8")
    mo.press("Make the call list")
    assert _calls(journey) == AT_EACH
    cass = journey.at_desk("Cass Wright").open(f"{PCN}/calls").sees(f"{AT_EACH} calls due today")
    cass.press("Take this call").sees("Script").choose("outcome", "no answer").press("Save the call")
    cass.sees("to be rung again on 4 December 2026")


# Over Christmas


def when_the_second_practice_releases_before_christmas(journey: Journey) -> None:
    journey.on_day(POSTED_AGAIN)
    _release(journey, SECOND)
    when_the_letters_are_posted(journey)


def then_the_coming_weeks_put_the_calls_after_the_holidays(journey: Journey) -> None:
    """Day 5 is Saturday 26 December, and Monday is a bank holiday: Tuesday 29 December is the day."""
    cass = journey.at_desk("Cass Wright").open(f"{journey.kept['medway']}/outreach/coming-weeks")
    weeks = {week: planned for week, planned, _ in cass.looks("coming-weeks").cells("Weeks to come")}
    planned = {week: calls for week, calls in weeks.items() if "Phone call" in calls}
    assert planned == {
        "21 to 27 December 2026": f"Phone call: {AT_EACH - 1}",  # still on the list from the first letter
        "28 December 2026 to 3 January 2027": f"Phone call: {AT_EACH}",
    }


def then_nobody_is_rung_on_the_bank_holidays(journey: Journey) -> None:
    journey.on_day(POSTED_AGAIN + 5)
    _at_outreach(journey).press_in("Phone call", "Add them to the call list")
    cass = journey.at_desk("Cass Wright", script=False)
    for day in (5, 7):
        journey.on_day(POSTED_AGAIN + day)
        cass = journey.at_desk("Cass Wright", script=False).open(f"{PCN}/calls")
        cass.sees("Nobody is rung now, but for those who asked for an evening call")
    cass.open(f"{PCN}/calls?show=later").sees("29 December 2026")


def then_they_are_rung_on_the_first_working_day(journey: Journey) -> None:
    journey.on_day(POSTED_AGAIN + 8)
    with journey.rows(slug=SLUG) as rows:
        due_on = list(rows.scalars(select(Call.due_on).order_by(Call.id.desc()).limit(AT_EACH)))
    assert set(due_on) == {dt.date(2026, 12, 29)}
    cass = journey.at_desk("Cass Wright").open(f"{PCN}/calls").press("Take this call").sees("Script")
    cass.choose("outcome", "spoke: accepted").choose("identity", "full name", "date of birth")
    cass.press("Save the call").sees("Start the conversation")


def _at_outreach(journey: Journey, *, script: bool = True) -> Person:
    return journey.at_desk("Mo Adeyemi", script=script).open(f"{journey.kept['medway']}/outreach")


def _calls(journey: Journey) -> int:
    with journey.rows(slug=SLUG) as rows:
        return len(rows.scalars(select(Call.id).where(Call.state == "due")).all())
