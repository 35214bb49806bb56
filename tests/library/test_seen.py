"""What is approved is what was read, of procedures and set-ups too; and hours outside one's own."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import ringing
from app.library.models import LibraryItem
from app.library.setup_steps import SetupStep, hours_missed
from app.outreach.call_times import offered
from app.outreach.rules import Sending
from tenants.db import db
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.steps import seen_on
from tests.library.test_setup import GOOD, changed

ClientOf = Callable[..., CheckingClient]
LIBRARY = "/pcn/dover-town/library"
START = "/pcn/dover-town/programmes/start"
SOP = {"kind": "SOP", "name": "How we do it", "summary": "For all", "body": "# Who\n\nAll of us"}
SETUP = {"kind": "programme set-up", "name": "Ours", "summary": "For all", "body": changed()}
OTHER = {"SOP": "# Who\n\nNobody", "programme set-up": changed(aim="Something else.")}


def _written(client: CheckingClient, item: dict[str, str]) -> str:
    answer = client.post(f"{LIBRARY}/write", data=item | {"others_note": ""})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


@pytest.mark.parametrize("item", [SOP, SETUP], ids=["SOP", "set-up"])
@pytest.mark.parametrize("page", ["", "/approve"])
def test_nobody_approves_words_that_were_not_on_their_page(
    client_of: ClientOf, acting: Acting, item: dict[str, str], page: str
) -> None:
    mandy, clara = client_of("mandy"), client_of("clara")
    at = _written(mandy, item)
    old = seen_on(clara, f"{at}{page}")
    edited = item | {"body": OTHER[item["kind"]], "was": seen_on(mandy, f"{at}/edit")}
    assert mandy.post(f"{at}/edit", data=edited).status_code == 303
    late = clara.post(f"{at}/approve", data={"was": old})
    assert late.status_code == 422
    assert "Somebody changed this version while you were reading" in late.text
    assert ("Nobody" if item is SOP else "Something else.") in late.text, "the new words are not on the page"
    assert _state(acting) == "draft"
    new = re.findall(r'name="was"[^>]*value="([^"]+)"', late.text)
    assert "is approved and can be used" in clara.sent(f"{at}/approve", was=new[0]).text
    assert _state(acting) == "approved"


@pytest.mark.parametrize("item", [SOP, SETUP], ids=["SOP", "set-up"])
def test_an_approval_that_does_not_say_what_was_read_is_not_taken(
    client_of: ClientOf, acting: Acting, item: dict[str, str]
) -> None:
    at = _written(client_of("mandy"), item)
    assert client_of("clara").post(f"{at}/approve").status_code == 422
    assert _state(acting) == "draft"


def _state(acting: Acting) -> str:
    with acting("dover-town"):
        return str(db.session.query(LibraryItem.state).one()[0])


def _with_hours(**hours: str) -> dict[str, str]:
    first, call = GOOD["steps"]
    steps: list[dict[str, Any]] = [first | hours, call]
    return SETUP | {"body": changed(steps=steps)}


NEVER = (
    "Step 1, “First text”, names 7am to 8am, of which nothing is left within 9am to 6pm. "
    "It goes out from 9am to 6pm instead."
)
PARTLY = "Step 1, “First text”, names 8am to midday. It goes out from 9am to midday only."


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"opens": "07:00", "closes": "08:00"}, NEVER),
        ({"opens": "08:00", "closes": "12:00"}, PARTLY),
        ({"opens": "10:00", "closes": "12:00"}, ""),
        ({}, ""),
    ],
)
def test_who_reads_a_set_up_or_starts_from_it_is_told_of_hours_that_are_not_theirs(
    client_of: ClientOf, hours: dict[str, str], said: str
) -> None:
    mandy = client_of("mandy")
    at = _written(mandy, _with_hours(**hours))
    before = [mandy.get(at).text, client_of("clara").get(f"{at}/approve").text]
    mandy.post(f"{at}/approve", data={"was": seen_on(mandy, at)})
    shared = mandy.post(f"{at}/publish").location
    own = f"{START}?setup=own-{at.rsplit('/', 1)[1]}"
    for page in (*before, mandy.get(shared).text, mandy.get(own).text):
        assert ("Hours outside your own" in page) == bool(said)
        assert said in page


def test_an_icb_has_no_hours_of_its_own(client_of: ClientOf) -> None:
    mandy = client_of("mandy")
    at = _written(mandy, _with_hours(opens="07:00", closes="08:00"))
    mandy.post(f"{at}/approve", data={"was": seen_on(mandy, at)})
    shared = mandy.post(f"{at}/publish").location.rsplit("/", 1)[1]
    page = client_of("ivy").get(f"/icb/kent-and-medway/library/shared/{shared}").text
    assert "First text" in page
    assert "Hours outside your own" not in page


TIMES = st.integers(0, 47).map(lambda half: dt.time(half // 2, half % 2 * 30))


@given(st.none() | TIMES, st.none() | TIMES)
def test_what_is_said_of_hours_is_what_sending_does(opens: dt.time | None, closes: dt.time | None) -> None:
    if opens and closes and opens >= closes:
        opens, closes = None, closes
    step = SetupStep("Text", "text", "Text", 0, opens=opens, closes=closes)
    pcn = Sending()
    really = pcn.narrowed(opens, closes, ())
    wanted = (opens or pcn.opens, closes or pcn.closes)
    said = hours_missed(step, pcn.opens, pcn.closes, pcn.closes)
    assert bool(said) == ((really.opens, really.closes) != wanted)


@given(st.none() | TIMES, st.none() | TIMES)
def test_what_is_said_of_the_hours_of_calls_is_what_is_offered(
    opens: dt.time | None, closes: dt.time | None
) -> None:
    if opens and closes and opens >= closes:
        opens, closes = None, closes
    slots = offered(opens, closes, ()).slots
    really = min(begins for begins, _ in slots.values()), max(ends for _, ends in slots.values())
    step = SetupStep("Ring", "call", "Script", 0, opens=opens, closes=closes)
    usual = ringing.OPENS, ringing.CLOSES
    said = hours_missed(step, *usual, ringing.CLOSES_IF_ASKED)
    assert bool(said) == (really != (opens or usual[0], closes or usual[1]))
    assert ("nothing is left" not in said) or really == usual
