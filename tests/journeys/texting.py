"""The texts: previewed, shared numbers settled, approved by a second person, stopped, let go, sent once."""

import re
from typing import Any

import requests
from sqlalchemy import select

from app import clock
from app.outreach.gateway_models import BadAddress
from app.outreach.models import Contact
from app.people.models import Person as Patient
from tests.journeys.browser import Person
from tests.journeys.journey import PCN, Journey
from tests.journeys.reaching import LINK, build, counts_of, the_page_accounts_for_everybody
from tests.stand_in.notify import BEARER, Served

QUIET_DAY, FIRST_DAY = 4, 7  # Friday 6 and Monday 9 November
BOUNCED = 3
STEP = "Easy-read text"
STOPPER, WRITER = 5, 6  # of those who were reached; the first five answer by the link


# Built and approved


def given_it_is_a_quiet_friday(journey: Journey) -> None:
    journey.on_day(QUIET_DAY)


def when_the_batch_of_texts_is_built(journey: Journey) -> None:
    mandy = build(journey, STEP, "Mandy Fagg").sees("To know before this goes out").looks("texts-built")
    mandy.sees("14 people share 7 mobile numbers").sees("was approved despite this: It names a condition")
    mandy.sees("What people get").sees("p a person").sees("Held back, by reason")
    the_page_accounts_for_everybody(journey, mandy)
    journey.kept["texts"] = mandy.path
    assert not mandy.links_to("/people/"), "a planner is shown whom the batch is for"


def when_of_a_shared_number_one_is_chosen_without_script(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(journey.kept["texts"])
    cora.follow("See who, and choose").sees("14 people share 7 mobile numbers").looks("shared-number")
    cora.page.get_by_label(re.compile(r"^\s*Only ")).first.check()
    cora.press("Save these choices").sees("1 person is held back because somebody they share with")
    cora.press("Put them back in the batch").sees("14 people share 7 mobile numbers")


def when_she_holds_back_all_but_one(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter").open(journey.kept["texts"]).follow("See who, and choose")
    cora.page.get_by_text("Hold back all but one at every mobile").click()
    cora.press("Hold back all but one").sees("7 people are held back because somebody they share with")


def then_it_is_approved_only_as_it_was_read(journey: Journey) -> None:
    mandy = journey.at_desk("Mandy Fagg").open(f"{journey.kept['texts']}/approve")
    mandy.sees("You cannot approve your own batch")
    clara = journey.at_desk("Dr Clara Osei").open(journey.kept["texts"]).follow("Read and approve")
    going = int(clara.page.locator("input[name=shown]").get_attribute("value") or "")
    clara.fill(number=str(going + 1)).press("Approve and")
    clara.is_told_what_is_wrong("is not the number of texts", "Tick each of these").looks("approval-refused")
    for tick in clara.page.locator("input[name=ticks]").all():
        tick.check()
    clara.fill(number=f"{going:,}").press("Approve and").sees(f"Approved. {going} texts will go out")
    journey.kept["going"] = going


def then_nothing_goes_out_on_the_quiet_day(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(journey.kept["texts"])
    clara.sees("one of your PCN’s quiet days. Nothing is sent before 9 November 2026 at 9am").looks(
        "quiet-day"
    )
    assert _stand_in(journey).accepted() == []


# Stopped and let go on


def given_it_is_early_on_monday(journey: Journey) -> None:
    """Before the hour from which texts go out, so that all of this is pressed before any has gone."""
    journey.on_day(FIRST_DAY, 8)
    _stand_in(journey).misbehave(bounce=BOUNCED, twice=5, limit=2)


def when_it_is_paused_and_everything_stopped(journey: Journey) -> None:
    cora = journey.at_desk("Cora Minter", script=False).open(journey.kept["texts"]).press("Pause sending")
    cora.sees("Paused. Nothing more is sent until a colleague who may approve batches resumes it").looks(
        "paused"
    )
    alan = journey.at_desk("Cora Minter").open(f"{journey.programme}/outreach")
    alan.page.get_by_text("Is something wrong with a message?").click()
    alan.press("Stop all sending").sees("All sending is stopped, in every programme").looks("all-stopped")


def when_it_is_resumed_but_all_is_still_stopped(journey: Journey) -> None:
    journey.on_day(FIRST_DAY)
    clara = journey.at_desk("Dr Clara Osei").open(journey.kept["texts"]).press("Resume sending")
    clara.sees("Resumed. Sending goes on.").sees("This batch waits")
    assert _stand_in(journey).accepted() == []


def when_the_manager_allows_sending_again(journey: Journey) -> None:
    mandy = (
        journey.at_desk("Mandy Fagg").open(journey.kept["texts"]).follow("Allow sending again in Settings")
    )
    mandy.press("Allow sending again").sees("Stop all sending")
    journey.on_day(FIRST_DAY, 11)  # a batch that was stopped is looked at again some minutes later


def then_each_text_goes_out_once(journey: Journey) -> None:
    clara = journey.at_desk("Dr Clara Osei").open(journey.kept["texts"]).sees_within("Done", 120_000)
    taken = _stand_in(journey).accepted()
    assert len({one["reference"] for one in taken}) == len(taken) == journey.kept["going"]
    clara.sees_after_refreshing(f"{BOUNCED} failed").looks("texts-sent")
    the_page_accounts_for_everybody(journey, clara)
    journey.kept["sent"] = [_of_text(journey, one) for one in taken]


def then_the_numbers_that_bounced_are_known_to_be_bad(journey: Journey) -> None:
    counted = counts_of(journey, "text")
    assert (counted["failed"], counted["sent"]) == (BOUNCED, journey.kept["going"] - BOUNCED)
    with journey.rows() as rows:
        bad = rows.scalars(select(BadAddress.person_id).where(BadAddress.kind == "mobile")).all()
        failed = rows.scalars(select(Contact.person_id).where(Contact.state == "failed")).all()
    assert sorted(bad) == sorted(failed)
    cora = journey.at_desk("Cora Minter").open(f"{journey.programme}/outreach")
    cora.follow("Numbers and addresses that do not work").looks("bad-numbers")


def _of_text(journey: Journey, taken: dict[str, Any]) -> dict[str, Any]:
    """Who got a text, the path of its link, where it went, and whether they can be rung and need nothing."""
    with journey.rows() as rows:
        of = (Patient.tenant_id == Contact.tenant_id) & (Patient.id == Contact.person_id)
        wanted = select(Contact, Patient).join(Patient, of).where(Contact.reference == taken["reference"])
        contact, patient = rows.execute(wanted).one()
    link = LINK.search(taken["body"])
    assert link, taken["body"]
    plain = not (patient.preferred_contact or patient.information_format or patient.interpreter)
    return {
        "participant": contact.participant_id, "link": link.group(), "to": taken["to"],
        "plain": plain and patient.language == "en" and contact.state == "sent",
    }  # fmt: skip


# STOP


def when_somebody_texts_stop(journey: Journey) -> None:
    """The gateway calls with the text twice, and once from somebody who does not know the token."""
    one = reached(journey)[STOPPER]
    journey.kept["stopped"] = one["participant"]
    text = {"id": "11112222", "source_number": one["to"], "message": "Stop please"}
    text["date_received"] = clock.now().isoformat()
    statuses = [_call(journey, text, bearer) for bearer in ("wrong" * 6, BEARER, BEARER)]
    assert statuses == [404, 204, 204]


def _call(journey: Journey, text: dict[str, str], bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    address = journey.kept["callback of texts"]
    return requests.post(address, json=text, headers=headers, timeout=30).status_code


def then_it_stands_on_their_page_as_what_it_is(journey: Journey) -> None:
    cora = page_of(journey, journey.kept["stopped"]).follow("What each means")
    cora.sees("Do not contact by text").sees("a text that said STOP").sees("Not opted out.").looks(
        "after-stop"
    )


def when_another_text_has_to_be_read_by_somebody(journey: Journey) -> None:
    text = {"id": "33334444", "source_number": reached(journey)[WRITER]["to"], "message": "Ring my daughter"}
    assert _call(journey, text | {"date_received": clock.now().isoformat()}, BEARER) == 204
    cora = journey.at_desk("Cora Minter").go_to("Today").follow("1 text").sees("1 text to read")
    cora.sees("Ring my daughter").does_not_see("Stop please").looks("texts-to-read")
    cora.press("Mark as done").sees("0 texts to read")


def reached(journey: Journey) -> list[dict[str, Any]]:
    """Those whose text arrived and who need nothing else, in the order in which it went out."""
    return [one for one in journey.kept["sent"] if one["plain"]]


def page_of(journey: Journey, participant: int, name: str = "Cora Minter", *, script: bool = True) -> Person:
    """Somebody of the care team opens a person's page."""
    return journey.at_desk(name, script=script).open(f"{PCN}/people/{participant}")


def _stand_in(journey: Journey) -> Served:
    found: Served = journey.kept["post"]
    return found
