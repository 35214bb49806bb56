"""The reply page: each of the four answers, one of them changed, with and without JavaScript."""

from sqlalchemy import select

from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice
from app.programmes.models import Participant
from tests.journeys.journey import Journey
from tests.journeys.texting import page_of, reached

ASKED_FOR_A_CALL, ANOTHER_WAY, LATER, CHANGED, NEVER = range(5)
RING_ON = "Thursday"


def when_one_asks_for_a_call_on_thursday(journey: Journey) -> None:
    person = journey.stranger("who wants a call").open(_link(journey, ASKED_FOR_A_CALL))
    person.press("Continue").is_told_what_is_wrong("Choose one answer")
    person.choose("answer", "yes, call me").press("Continue").press("Send my answer")
    person.is_told_what_is_wrong("Choose a time of day").choose("days", RING_ON)
    person.choose("times", "in the morning").press("Send my answer")
    person.sees(f"We will call you: {RING_ON}, in the morning").looks("answer-call")


def when_one_needs_large_print_and_an_interpreter(journey: Journey) -> None:
    person = journey.stranger("who needs it another way").open(_link(journey, ANOTHER_WAY))
    person.choose("answer", "yes, another way").press("Continue").press("Send my answer")
    person.is_told_what_is_wrong("Choose what you need")
    person.choose("ways", "large print", "an interpreter", "another language").press("Send my answer")
    person.is_told_what_is_wrong("Write which language you need")
    person.fill(language="polski").press("Send my answer").sees("polski").sees("large print")


def when_one_wants_to_be_asked_later(journey: Journey) -> None:
    person = journey.stranger("who wants time").open(_link(journey, LATER))
    person.choose("answer", "not now").press("Continue").press("Send my answer")
    person.is_told_what_is_wrong("Choose when we should ask you again")
    person.choose("months", "3").press("Send my answer").sees("We will not write or ring about this before")


def when_one_says_no_and_then_thinks_again_without_script(journey: Journey) -> None:
    person = journey.stranger("who thinks again", script=False).open(_link(journey, CHANGED))
    person.choose("answer", "no thank you").press("Continue")
    person.sees("We will not write or ring about this again").looks("answer-no")
    person.follow("Change my answer").sees("You have answered already")
    person.choose("answer", "yes, call me").press("Continue")
    person.choose("days", RING_ON).choose("times", "in the morning").press("Send my answer")
    person.sees(f"We will call you: {RING_ON}, in the morning")


def when_one_says_no_thank_you(journey: Journey) -> None:
    person = journey.stranger("who opts out").open(_link(journey, NEVER))
    person.choose("answer", "no thank you").press("Continue").sees(
        "We will not write or ring about this again"
    )


def then_an_altered_link_tells_nothing(journey: Journey) -> None:
    link = _link(journey, NEVER)
    altered = link[:-1] + ("a" if link[-1] != "a" else "b")
    person = journey.stranger("who altered a link")
    answer = person.page.goto(altered)
    assert answer is not None
    assert answer.status == 404
    person.sees("This link does not work").does_not_see("Hello").does_not_see("Dover Town")
    person.looks("no-such-link")
    # That the page is not there is what the browser's console has to say of it.
    said = f"{journey.service.url}{altered}: the console says: "
    journey.office.faults[:] = [one for one in journey.office.faults if not one.startswith(said)]


def then_each_answer_is_a_row_and_the_change_took_the_first_back(journey: Journey) -> None:
    wanted = {
        ASKED_FOR_A_CALL: "wants a call", ANOTHER_WAY: "wants another way", LATER: "not now",
        CHANGED: "wants a call", NEVER: "opted out",
    }  # fmt: skip
    people = {number: reached(journey)[number]["participant"] for number in wanted}
    with journey.rows() as rows:
        told = select(Participant.id, Participant.status).where(Participant.id.in_(people.values()))
        found = {participant: status for participant, status in rows.execute(told)}
        to_ring = set(rows.scalars(select(Call.participant_id).where(Call.state == "due")))
        opted = select(ContactChoice.lifted_at).where(ContactChoice.kind == "programme opt-out")
        lifted = [at is not None for at in rows.scalars(opted.order_by(ContactChoice.id))]
    assert {number: found[people[number]] for number in wanted} == wanted
    assert to_ring == {people[number] for number in (ASKED_FOR_A_CALL, ANOTHER_WAY, CHANGED)}
    assert lifted == [True, False]


def then_what_they_need_stands_on_their_page(journey: Journey) -> None:
    cora = page_of(journey, reached(journey)[ANOTHER_WAY]["participant"]).sees("they told us")
    cora.follow("What each means").sees("Large print").sees("Polish").looks("needs-told")


def who(journey: Journey, number: int) -> int:
    """The participant who gave that answer."""
    return int(reached(journey)[number]["participant"])


def _link(journey: Journey, number: int) -> str:
    return str(reached(journey)[number]["link"])
