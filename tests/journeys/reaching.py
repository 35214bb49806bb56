"""Points 5, 6 and 7: texts, the answers that come, letters to those who did not answer, then calls."""

import hashlib
import io
import json
import re
from collections import Counter

from pypdf import PdfReader
from sqlalchemy import func, select

from app.outreach.gateway_models import CapturedMessage
from app.outreach.models import Batch, Contact, Step
from app.programmes.models import Participant
from tests.journeys.browser import Person
from tests.journeys.finding import LATE, release
from tests.journeys.journey import PCN, Journey

LINK = re.compile(r"/r/[\w-]+")
LETTERS, CALLS = 8, 15  # days after the texts
IDENTITY = ("full name", "date of birth")

# The batches


def build(journey: Journey, step: str, name: str = "Cora Minter") -> Person:
    """Somebody builds the next batch of a step, and looks at it."""
    person = journey.at_desk(name).open(f"{journey.programme}/outreach")
    return person.press_in(step, "Build the batch").sees("Everybody accounted for").sees(f"{step}: batch of")


def approve(journey: Journey, path: str, *, script: bool = True) -> Person:
    """A second person reads the batch and approves it."""
    clara = journey.at_desk("Dr Clara Osei", script=script).open(path).follow("Read and approve")
    clara.sees("Stop and read")
    going = clara.page.locator("input[name=shown]").get_attribute("value") or ""
    if script:
        clara.press("Approve and").is_told_what_is_wrong("Enter how many")
    for tick in clara.page.locator("input[name=ticks]").all():
        tick.check()
    return clara.fill(number=f"{int(going):,}").press("Approve and")


def counts_of(journey: Journey, channel: str) -> dict[str, int]:
    """How many contacts of that channel are in each state, as the rows say."""
    with journey.rows() as rows:
        counted = (
            select(Contact.state, func.count())
            .join(Batch, (Batch.tenant_id == Contact.tenant_id) & (Batch.id == Contact.batch_id))
            .join(Step, (Step.tenant_id == Batch.tenant_id) & (Step.id == Batch.step_id))
            .where(Step.channel == channel)
            .group_by(Contact.state)
        )
        return {state: number for state, number in rows.execute(counted)}


def the_page_accounts_for_everybody(journey: Journey, person: Person) -> None:
    """The sum on the page of a batch holds."""
    words = person.page.locator(".oast-reckoning").inner_text()
    people, *parts = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", words))
    assert people == sum(parts), words


# 5


def when_the_manager_builds_the_batch_of_texts(journey: Journey) -> None:
    mandy = build(journey, "Easy-read text", "Mandy Fagg").sees(
        "A second person must read and approve this batch"
    )
    mandy.sees("Held back, by reason").sees("No usable mobile number").looks("text-batch-built")
    the_page_accounts_for_everybody(journey, mandy)
    journey.kept["text batch"] = mandy.path
    mandy.open(f"{mandy.path}/approve").sees("You cannot approve your own batch")


def when_the_clinician_approves_it(journey: Journey) -> None:
    clara = approve(journey, journey.kept["text batch"]).sees("sent").looks("text-batch-sending")
    clara.sees("Done").looks("text-batch-sent")


def then_the_texts_are_there_to_be_read(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(f"{PCN}/outreach/messages")
    sent = counts_of(journey, "text")["sent"]
    clara.sees(f"{sent} captured messages").sees("this is Dover Town PCN")
    with journey.rows() as rows:
        bodies = rows.scalars(select(CapturedMessage.body).where(CapturedMessage.channel == "text"))
        journey.kept["links"] = [found.group() for body in bodies if (found := LINK.search(body))]
    assert len(journey.kept["links"]) == sent


def when_the_fourth_practice_releases_and_its_batch_is_approved_without_script(journey: Journey) -> None:
    release(journey, LATE)
    path = build(journey, "Easy-read text").path
    clara = approve(journey, path, script=False)
    clara.sees_after_refreshing("Done").looks("text-batch-sent")
    the_page_accounts_for_everybody(journey, clara)


def when_one_asks_for_a_call_by_the_link(journey: Journey) -> None:
    _ask_for_a_call(journey.stranger("who wants a call"), journey.kept["links"][0])


def when_another_asks_for_a_call_without_script(journey: Journey) -> None:
    _ask_for_a_call(journey.stranger("who has no script", script=False), journey.kept["links"][1])


def _ask_for_a_call(person: Person, link: str) -> None:
    person.open(link).press("Continue").is_told_what_is_wrong("Choose one answer")
    person.choose("answer", "yes, call me").press("Continue").sees("When shall we call you?")
    person.press("Send my answer").is_told_what_is_wrong("Choose a time of day")
    person.choose("days", "Monday", "Thursday").choose("times", "in the afternoon").press("Send my answer")
    person.sees("We will call you").sees("afternoon")


def when_one_opts_out(journey: Journey) -> None:
    person = journey.stranger("who opts out", script=False).open(journey.kept["links"][2])
    person.choose("answer", "no thank you").press("Continue").sees(
        "We will not write or ring about this again"
    )
    journey.kept["opted out"] = _who_is(journey, "opted out")


def when_others_answer_otherwise(journey: Journey) -> None:
    person = journey.stranger("who wants large print").open(journey.kept["links"][3])
    person.choose("answer", "yes, another way").press("Continue").choose("ways", "large print")
    person.press("Send my answer").sees("large print")
    person = journey.stranger("who wants time").open(journey.kept["links"][4])
    person.choose("answer", "not now").press("Continue").choose("months", "3").press("Send my answer")
    person.sees("We will not write or ring about this before")


def then_an_altered_link_helps_nobody(journey: Journey) -> None:
    person = journey.stranger("who altered a link")
    link = journey.kept["links"][5]
    status, body = person.answer_at(link[:-1] + ("a" if link[-1] != "a" else "b"))
    assert status == 404
    assert "Hello" not in body.decode()


def _who_is(journey: Journey, status: str) -> int:
    with journey.rows() as rows:
        return int(rows.scalars(select(Participant.id).where(Participant.status == status)).one())


# 6


def given_it_is_eight_days_later(journey: Journey) -> None:
    journey.on_day(LETTERS)


def when_the_letters_are_built_and_approved(journey: Journey) -> None:
    cora = build(journey, "Letter").looks("letter-batch-built")
    the_page_accounts_for_everybody(journey, cora)
    journey.kept["letter batch"] = cora.path
    approve(journey, cora.path).sees_after_refreshing("For the printer").looks("letter-batch-ready")


def then_only_those_who_did_not_answer_get_one(journey: Journey) -> None:
    asked = {"wants a call": 2, "wants another way": 1, "not now": 1, "opted out": 1}
    with journey.rows() as rows:
        in_letters = (
            select(Participant.status)
            .join(
                Contact,
                (Contact.tenant_id == Participant.tenant_id) & (Contact.participant_id == Participant.id),
            )
            .join(Step, (Step.tenant_id == Contact.tenant_id) & (Step.id == Contact.step_id))
            .where(Step.channel == "letter", Contact.state == "waiting")
        )
        statuses = set(rows.scalars(in_letters))
        now = Counter(rows.scalars(select(Participant.status).where(Participant.status.in_(asked))))
    assert statuses <= {"contacted", "identified"}, statuses
    assert now == asked


def then_the_letters_are_one_file_with_a_manifest(journey: Journey) -> None:
    clara, batch = journey.at_desk("Dr Clara Osei"), journey.kept["letter batch"]
    status, content = clara.answer_at(f"{batch}/letters-1.pdf")
    assert status == 200
    (journey.office.album / "letters.pdf").write_bytes(content)
    pages = PdfReader(io.BytesIO(content)).pages
    assert "We would like to offer you free support" in " ".join(pages[0].extract_text().split())
    manifest = json.loads(clara.answer_at(f"{batch}/letters.json")[1])
    assert (manifest["letters"], manifest["pages"]) == (counts_of(journey, "letter")["waiting"], len(pages))
    assert [part["sha256"] for part in manifest["parts"]] == [hashlib.sha256(content).hexdigest()]


def then_they_go_to_the_printer(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(journey.kept["letter batch"])
    cora.press("Handed to the printer").sees_after_refreshing("Done").looks("letters-handed-over")
    the_page_accounts_for_everybody(journey, cora)


# 7


def given_another_week_has_gone(journey: Journey) -> None:
    journey.on_day(CALLS, 14)


def when_the_call_list_is_made(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.programme}/outreach")
    mandy.press_in("Phone call", "Make the call list").looks("call-list-made")
    cora = journey.at_desk("Cora Minter").go_to("Calls").looks("calls")
    assert int(cora.heading.split()[0]) > 10, cora.heading


def when_a_call_is_taken_it_is_taken(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").go_to("Calls").press("Take this call")
    cora.sees("Check who it is").sees("Script")
    journey.kept["first call"] = cora.path
    clara = journey.at_desk("Dr Clara Osei").open(f"{PCN}/calls").sees("Cora Minter is on this call")
    clara.open(cora.path).sees("Cora Minter")


def then_what_was_said_is_written_down(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(journey.kept["first call"])
    cora.press("Save the call").is_told_what_is_wrong("Choose what came of the call")
    cora.choose("outcome", "spoke: declined").press("Save the call")
    cora.is_told_what_is_wrong("Tick at least 2 things", "Choose what stood in the way")
    cora.choose("identity", *IDENTITY).select("barrier", "Transport").choose("never", "no")
    cora.fill(note="No bus after four.").press("Save the call").sees("Call written down").sees("transport")
    cora.open(f"{journey.programme}/outreach/barriers").sees("What stands in people").sees("Transport")


def then_the_next_call_is_made_without_script(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(f"{PCN}/calls").press("Take this call")
    cora.press("Save the call").is_told_what_is_wrong("Choose what came of the call")
    cora.choose("outcome", "no answer").press("Save the call").sees("rung again on")


def when_three_want_to_talk(journey: Journey) -> None:
    cora, willing = journey.at_desk("Cora Minter"), []
    for _ in range(3):
        cora.open(f"{PCN}/calls").press("Take this call")
        cora.choose("outcome", "spoke: accepted").choose("identity", *IDENTITY).press("Save the call")
        action = cora.page.locator('form[action$="/conversation/start"]').get_attribute("action")
        assert action
        willing.append(action.removesuffix("/conversation/start"))
    journey.kept["willing"] = willing


def then_who_opted_out_is_in_no_later_step(journey: Journey) -> None:
    with journey.rows() as rows:
        channels = (
            select(Step.channel)
            .join(Contact, (Contact.tenant_id == Step.tenant_id) & (Contact.step_id == Step.id))
            .where(Contact.participant_id == journey.kept["opted out"])
        )
        assert list(rows.scalars(channels)) == ["text"]
