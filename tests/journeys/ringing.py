"""Calls: as people asked for them, with what was heard written down, and what follows from it."""

import datetime as dt

from playwright.sync_api import Locator
from sqlalchemy import select

from app import clock
from app.outreach.call_models import Alert, Call, CallAttempt
from app.programmes.models import Participant
from tests.journeys import answers
from tests.journeys.browser import Person
from tests.journeys.journey import PCN, Journey
from tests.journeys.texting import page_of, reached

THURSDAY, FRIDAY, LATE_ANSWER, CALLS = 10, 11, 18, 21  # 12, 13, 20 and 23 November
LATE = 7  # of those who were reached: answers after the letter
IDENTITY = ("full name", "date of birth")
BOOKED_ON, BOOKED_AT = dt.date(2026, 11, 23), "11:30"


def take(journey: Journey, participant: int, name: str = "Cora Minter", *, script: bool = True) -> Person:
    """Take the call of that person from the list."""
    caller = journey.at_desk(name, script=script).open(f"{PCN}/calls")
    row = _row(caller, participant)
    with caller.page.expect_navigation():
        row.locator("button").click()
    return caller.arrived().sees("Check who it is")


def _row(caller: Person, participant: int) -> Locator:
    link = caller.page.locator(f'a[href$="/people/{participant}"]')
    return caller.page.locator("tbody tr").filter(has=link)


# As they asked


def given_it_is_thursday(journey: Journey) -> None:
    journey.on_day(THURSDAY)


def when_one_does_not_answer(journey: Journey) -> None:
    cora = take(journey, answers.who(journey, answers.ASKED_FOR_A_CALL)).sees("Script")
    cora.sees("leave only your name and your number, nothing else").looks("call")
    clara = journey.at_desk("Dr Clara Osei").open(f"{PCN}/calls").sees("Cora Minter is on this call")
    clara.open(cora.path).sees("Cora Minter is on this call")
    cora.press("Save the call").is_told_what_is_wrong("Choose what came of the call")
    cora.choose("outcome", "no answer").press("Save the call").sees("13 November 2026")


def when_one_is_spoken_to_and_wants_to_talk_without_script(journey: Journey) -> None:
    cora = take(journey, answers.who(journey, answers.CHANGED), script=False)
    cora.choose("outcome", "spoke: accepted").choose("identity", "full name").press("Save the call")
    cora.is_told_what_is_wrong("Tick at least 2 things")
    cora.choose("identity", *IDENTITY).press("Save the call").sees("Start the conversation")


def when_one_needs_an_interpreter_and_one_is_booked(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(f"{PCN}/calls").sees("Asked for another way")
    with cora.page.expect_navigation():
        row = _row(cora, answers.who(journey, answers.ANOTHER_WAY))
        row.get_by_role("link", name="Say when the interpreter is booked").click()
    cora.arrived().looks("interpreter").press("Save").is_told_what_is_wrong(
        "Enter the day for which the interpreter is booked"
    )
    cora.date("day", dt.date(2026, 11, 22)).press("Save").is_told_what_is_wrong("not at a weekend")
    cora.date("day", BOOKED_ON).page.locator("select[name=time]").select_option(BOOKED_AT)
    cora.press("Save").sees("The call stands on the list for that day")


def when_a_message_is_left_on_friday(journey: Journey) -> None:
    journey.on_day(FRIDAY, 14)
    cora = take(journey, answers.who(journey, answers.ASKED_FOR_A_CALL)).sees("Nobody answered 1 time")
    cora.choose("outcome", "voicemail left").press("Save the call").sees("to be rung again on")


def when_the_third_try_is_in_vain(journey: Journey) -> None:
    cora = take(journey, answers.who(journey, answers.ASKED_FOR_A_CALL), script=False)
    cora.sees("This is the last try").choose("outcome", "busy").press("Save the call")
    cora.sees("This person is off the call list")


# Whom we cannot reach


def then_nobody_rings_them_until_somebody_decides(journey: Journey) -> None:
    who = answers.who(journey, answers.ASKED_FOR_A_CALL)
    cora = (
        journey.at_desk("Cora Minter").open(f"{journey.programme}/outreach").follow("People we cannot reach")
    )
    cora.sees("No answer to 3 calls").looks("cannot-reach")
    mandy = journey.at_desk("Mandy Fagg").open(cora.path).sees("decide what to do")
    assert not mandy.links_to("/people/")
    with cora.page.expect_navigation():
        _row(cora, who).get_by_role("link", name="Try again, or leave it").click()
    cora.arrived().press("Save").is_told_what_is_wrong(
        "Choose whether to try again", "Write what has changed"
    )
    cora.choose("decision", "try again").fill(note="Her practice has a new number.").press("Save")
    cora.sees("They are on the call list again")


def when_another_is_left_at_that_without_script(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(f"{PCN}/outreach/cannot-reach")
    before = int(cora.heading.split()[0])
    cora.follow("Try again, or leave it").choose("decision", "leave")
    cora.fill(note="The practice has no other number.").press("Save").sees("Nothing more is done")
    assert int(cora.heading.split()[0].replace(",", "")) == before - 1
    cora.follow("Left at that (1)").sees("The practice has no other number.")


# The call step


def given_one_answers_after_the_letter(journey: Journey) -> None:
    journey.on_day(LATE_ANSWER)
    person = journey.stranger("who answers late", script=False).open(str(reached(journey)[LATE]["link"]))
    person.choose("answer", "yes, call me").press("Continue").choose("days", "Monday")
    person.choose("times", "in the morning").press("Send my answer").sees("We will call you: Monday")


def when_the_call_list_is_made(journey: Journey) -> None:
    journey.on_day(CALLS)
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach")
    mandy.press_in("Phone call", "Make the call list").looks("call-list-made")
    journey.kept["calls"] = mandy.path


def then_agreed_times_stand_on_top(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").go_to("Calls").looks("call-list")
    table = cora.page.get_by_role("table").locator("tbody tr")
    first = [table.nth(number).inner_text() for number in range(3)]
    late = reached(journey)[LATE]["participant"]
    assert _row(cora, late).inner_text() in first[:2], first
    assert "11:30am" in first[1], first
    assert "agreed" not in first[2].lower(), first


def then_who_opted_out_by_link_or_slip_is_not_on_it(journey: Journey) -> None:
    with journey.rows() as rows:
        due = rows.scalars(
            select(Participant.status)
            .join(Call, (Call.tenant_id == Participant.tenant_id) & (Call.participant_id == Participant.id))
            .where(Call.state == "due")
        ).all()
    assert "opted out" not in due
    assert len(due) > 10


HEARD = (
    ("spoke: declined", "transport", "no"),
    ("spoke: declined", "work", "no"),
    ("spoke: declined", "transport", "yes"),
)


def when_barriers_are_heard(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter")
    for number, (outcome, barrier, never) in enumerate(HEARD):
        cora.open(f"{PCN}/calls").press("Take this call").choose("outcome", outcome)
        if not number:
            cora.press("Save the call").is_told_what_is_wrong("Choose what stood in the way")
        cora.choose("identity", *IDENTITY).select("barrier", barrier.capitalize()).choose("never", never)
        cora.press("Save the call").sees("Call written down").sees(barrier)


def when_one_wants_time(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(f"{PCN}/calls").press("Take this call")
    cora.choose("outcome", "spoke: wants time").choose("identity", *IDENTITY).press("Save the call")
    cora.is_told_what_is_wrong("Enter the day on which you agreed", "Choose what stood in the way")
    cora.select("barrier", "Childcare").date("call_back_on", dt.date(2026, 11, 25)).press("Save the call")
    cora.sees("25 November 2026")


def then_the_planner_and_the_clinician_see_barriers_as_each_may(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach").follow("Barriers")
    mandy.sees("Numbers are rounded, and small ones hidden").looks("barriers-for-a-planner")
    clara = journey.at_desk("Dr Clara Osei").open(mandy.path).looks("barriers-for-a-clinician")
    clara.does_not_see("Numbers are rounded").sees("What to change")
    counted = {row[0].removeprefix("What was said "): row[-1] for row in _first_table(clara)}
    assert counted["Transport"].removeprefix("All ") == "2", counted
    hidden = {row[0].removeprefix("What was said "): row[-1] for row in _first_table(mandy)}
    assert hidden.get("Transport", "").removeprefix("All ") != "2", hidden


def _first_table(person: Person) -> list[list[str]]:
    rows = person.page.get_by_role("main").locator("table").first.locator("tbody tr").all()
    return [[" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()] for row in rows]


# What somebody else must act on


def when_something_is_heard_that_a_clinician_must_act_on(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(f"{PCN}/calls").press("Take this call")
    cora.choose("outcome", "safeguarding concern").press("Save the call")
    cora.is_told_what_is_wrong("Write what you heard")
    cora.fill(note="She is afraid of somebody at home.").press("Save the call")
    cora.sees("Tell the practice's safeguarding lead now").does_not_see("See what waits to be settled")
    with journey.rows() as rows:
        alert = rows.scalars(select(Alert)).one()
        call = rows.get_one(CallAttempt, (alert.tenant_id, alert.call_attempt_id))
        journey.kept["held"] = call.participant_id


def then_nobody_contacts_them_until_it_is_settled(journey: Journey) -> None:
    page_of(journey, journey.kept["held"]).sees("afraid of somebody at home").looks("held")
    clara = (
        journey.at_desk("Dr Clara Osei")
        .go_to("Today")
        .follow("1 person to act for")
        .sees("1 person to act for")
    )
    clara.follow_in_row("Safeguarding concern").sees("Follow your safeguarding procedure today")
    clara.press("Settle it").is_told_what_is_wrong("Write what was done")
    clara.fill(what_was_done="Told the safeguarding lead, who has seen her.")
    clara.choose("contact_again", "y").press("Settle it").sees("Settled.").looks("alert-settled")
    page_of(journey, journey.kept["held"]).sees("Settled: safeguarding concern")


def then_each_ringing_is_a_row_with_its_checks(journey: Journey) -> None:
    """Nobody was spoken to who had not told two things correctly, and nobody rung twice on one day."""
    with journey.rows() as rows:
        made = rows.scalars(select(CallAttempt)).all()
    spoken = [one for one in made if one.outcome.startswith("spoke")]
    assert all(len(one.identity) >= 2 for one in spoken)
    days = [(one.participant_id, clock.local(one.at).date()) for one in made]
    assert len(set(days)) == len(days)
