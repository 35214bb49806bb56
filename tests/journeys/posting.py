"""Letters: to those who did not answer, in large print for some, by hand to the printer, and back."""

import datetime as dt
import io
import re

from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.library.models import LibraryItem
from app.outreach.choice_models import ContactChoice
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Batch, Contact, Step
from app.people.models import Person as Patient
from tests.journeys import answers, reaching
from tests.journeys.journey import PCN, Journey
from tests.journeys.reaching import build, counts_of, the_page_accounts_for_everybody
from tests.journeys.texting import reached

LETTERS, POST = 14, 16  # Monday 16 and Wednesday 18 November
LARGE = "large print"
SAYS_NO = 8  # of those whom the text reached


def given_a_week_has_gone(journey: Journey) -> None:
    journey.on_day(LETTERS)


def when_a_batch_is_cancelled_everybody_in_it_is_due_again(journey: Journey) -> None:
    mandy = build(journey, "Letter", "Mandy Fagg")
    waiting = counts_of(journey, "letter")["waiting"]
    cora = journey.at_desk("Cora Minter", script=False).open(mandy.path).follow("Cancel this batch")
    cora.sees("What was sent stays sent").press("Cancel the batch").sees("Nothing more of this batch is sent")
    mandy.open(f"{journey.programme}/outreach").sees(f"{waiting} people are due now").sees(
        f"{waiting} cancelled"
    )


def when_the_letters_are_built_and_approved(journey: Journey) -> None:
    cora = build(journey, "Letter").looks("letters-built")
    the_page_accounts_for_everybody(journey, cora)
    journey.kept["letters"] = cora.path
    reaching.approve(journey, cora.path, script=False).sees_after_refreshing("For the printer")


def then_nobody_who_answered_gets_one(journey: Journey) -> None:
    answered = {answers.who(journey, number) for number in range(5)}
    assert not answered & set(_letters_to(journey))


def then_who_stopped_texts_gets_one_all_the_same(journey: Journey) -> None:
    """No texts is not no letters."""
    assert journey.kept["stopped"] in _letters_to(journey)


def then_who_needs_large_print_gets_the_large_letter(journey: Journey) -> None:
    """As the rows say, and as the letter stands on its page."""
    with journey.rows() as rows:
        person = (Patient.tenant_id == Contact.tenant_id) & (Patient.id == Contact.person_id)
        item = (LibraryItem.org_id == Contact.tenant_id) & (LibraryItem.id == Contact.template_id)
        told = (
            select(Contact.id, LibraryItem.format)
            .join(Patient, person)
            .join(LibraryItem, item)
            .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
            .where(Patient.information_format == "Large print", Step.channel == "letter")
            .where(Contact.state == "waiting")
        )
        large = {contact: of for contact, of in rows.execute(told)}
    assert large, "nobody of the cohort needs large print"
    assert set(large.values()) == {LARGE}
    clara = journey.at_desk("Dr Clara Osei").open(f"{PCN}/outreach/letters/{min(large)}").sees("Dear ")
    clara.looks("letter-in-large-print")


def when_one_says_no_before_the_letters_are_handed_over(journey: Journey) -> None:
    """Everybody is checked once more when the printer gets the letters, and the file is made again."""
    person = journey.stranger("who says no in time", script=False)
    person.open(str(reached(journey)[SAYS_NO]["link"])).choose("answer", "no thank you").press("Continue")
    person.sees("We will not write or ring about this again")
    mandy = journey.at_desk("Mandy Fagg").open(journey.kept["letters"]).press("Handed to the printer")
    mandy.sees("Do not post these letters yet. 1 letter had to be taken out").looks("letters-made-again")
    mandy.sees_after_refreshing("For the printer")
    assert reached(journey)[SAYS_NO]["participant"] not in _letters_to(journey)


def then_they_are_handed_to_the_printer_without_script(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei")
    status, content = clara.answer_at(f"{journey.kept['letters']}/letters-1.pdf")
    assert status == 200
    (journey.office.album / "letters.pdf").write_bytes(content)
    shown = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    journey.kept["references"] = re.findall(r"reference:?\s*(\d+-\d\d)", shown, re.IGNORECASE)
    cora = journey.at_desk("Cora Minter", script=False).open(journey.kept["letters"])
    cora.press("Handed to the printer").sees_after_refreshing("Done").looks("letters-handed-over")
    the_page_accounts_for_everybody(journey, cora)


def _letters_to(journey: Journey) -> list[int]:
    with journey.rows() as rows:
        wanted = (
            select(Contact.participant_id)
            .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
            .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
            .where(Step.channel == "letter", Contact.state.in_(("waiting", "sent")))
            .order_by(Contact.id)
        )
        return list(rows.scalars(wanted))


# The post


def given_the_post_has_come(journey: Journey) -> None:
    journey.on_day(POST)


def when_a_slip_is_entered(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").go_to("People").follow("Enter opt-out slips")
    cora.press("Find whose slip it is").is_told_what_is_wrong("Enter our reference")
    cora.fill(q=_reference(journey, 0)).press("Find whose slip it is").sees("Enter an opt-out slip")
    cora.date("asked_on", clock.today() + dt.timedelta(days=2)).press("Save and enter")
    cora.is_told_what_is_wrong("cannot be after today")
    cora.date("asked_on", clock.today()).press("Save and enter").sees("Saved for")


def then_it_is_an_opt_out_of_this_programme_alone(journey: Journey) -> None:
    with journey.rows() as rows:
        said = select(ContactChoice).where(ContactChoice.source.contains("slip"))
        choice = rows.scalars(said).one()
    assert (choice.kind, choice.entered_by, choice.asked_on) == (
        "programme opt-out", "Cora Minter", clock.today(),
    )  # fmt: skip


def when_a_letter_came_back(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(f"{PCN}/people").follow("Did a letter come back")
    cora.press("Find the letter").is_told_what_is_wrong("Enter our reference")
    cora.fill(q=_reference(journey, 1)).press("Find the letter").sees("1 letter found")
    cora.press("It came back").sees("came back. The address is not used again").looks("letter-came-back")


def then_their_address_is_bad_and_the_call_is_next(journey: Journey) -> None:
    contact_id = int(_reference(journey, 1).split("-")[0])
    with journey.rows() as rows:
        contact = rows.scalars(select(Contact).where(Contact.id == contact_id)).one()
        bad = rows.scalars(select(BadAddress).where(BadAddress.kind == "address")).one()
        assert (contact.state, contact.delivery, bad.person_id) == ("failed", "returned", contact.person_id)
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach")
    mandy.sees("Make the call list")


def _reference(journey: Journey, number: int) -> str:
    """What stands on one of the letters under the address."""
    found: list[str] = journey.kept["references"]
    assert len(found) > number, found
    return found[number]
