"""The weeks to come: who comes due at most, what these weeks meet, and what planners are shown."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select, update

from app.outreach.models import Blackout, Step
from app.programmes.models import Programme
from tenants.db import db
from tests.outreach.conftest import Outreach
from tests.rows import make

TWENTY: list[dict[str, Any]] = [{} for _ in range(20)]


def weeks(outreach: Outreach, who: str = "cora") -> list[tuple[str, str, str]]:
    """Each week's days, people and what it meets, as `who` reads them."""
    page = outreach.client_of(who).get(f"{outreach.page}/coming-weeks").text
    table = page[page.index('aria-label="Weeks to come"') : page.index("</table>")]
    cells = [
        " ".join(re.sub(r"<span[^>]*__heading.*?</span>|<[^>]+>", " ", cell).split())
        for cell in re.findall(r"<td.*?</td>", table, re.DOTALL)
    ]
    return list(zip(cells[::3], cells[1::3], cells[2::3], strict=True))


def test_everybody_due_now_goes_on_through_the_later_steps_at_most(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "Text: 20 people due." in page
    assert "Build the batch" in page
    listed = weeks(outreach)
    assert [days for days, _, _ in listed] == [
        "2 to 8 November 2026", "9 to 15 November 2026", "16 to 22 November 2026", "23 to 29 November 2026",
        "30 November to 6 December 2026", "7 to 13 December 2026",
    ]  # fmt: skip
    # The call comes 6 days after the letter, a Sunday: it is made on the Monday.
    assert [people for _, people, _ in listed] == [
        "Text: 20", "Letter: 20", "Call: 20", "Nobody", "Nobody", "Nobody",
    ]  # fmt: skip


def test_after_the_text_the_letter_is_counted_from_the_day_it_reached_them(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.send()
    assert [people for _, people, _ in weeks(outreach)][:3] == ["Nobody", "Letter: 20", "Call: 20"]
    assert "Nobody is due now." in outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text


def test_who_has_opted_out_comes_due_no_more(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.send()
    outreach.client_of(None).post(outreach.links()[0], data={"answer": "no thank you"})
    assert [people for _, people, _ in weeks(outreach)][:3] == ["Nobody", "Letter: 19", "Call: 19"]


def test_a_batch_that_has_not_gone_out_is_told_apart_from_who_is_due(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.build()
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "Text: 20 people in a batch that has not gone out" in page
    assert "people due." not in page
    assert [people for _, people, _ in weeks(outreach)][:2] == ["Text: 20", "Letter: 20"]


def test_the_pace_of_a_step_and_the_quiet_days_of_the_pcn_are_kept(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.build()

    def slower() -> None:
        letter = db.session.scalars(select(Step).where(Step.name == "Letter")).one()
        letter.per_day = 3
        call = db.session.scalars(select(Step).where(Step.name == "Call")).one()
        call.weekdays = [0, 3]
        quiet = dt.date(2026, 11, 10)
        make(Blackout, starts_on=quiet, ends_on=quiet, channels=["letter"], why="booster clinics")

    outreach.change(slower)
    listed = weeks(outreach)
    # Letters: 3 on the 9th, none on the 10th, then 3 a day; each is rung on the first Monday or Thursday from
    # 6 days later on: 3 on the 16th, 9 on the 19th, 6 on the 23rd, 2 on the 26th.
    planned = ["Text: 20", "Letter: 12", "Letter: 8 Call: 12", "Call: 8"]
    assert [people for _, people, _ in listed][:4] == planned
    assert "Quiet days (booster clinics), 10 November 2026" in listed[1][2]
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "no letters in any programme" in page


def test_clashes_are_warnings_beside_the_week_with_how_sure_they_are(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    listed = weeks(outreach)
    assert "Clash Covid-19 vaccination" in listed[0][2]
    assert "Clash" not in listed[5][2], "nobody is due in that week"
    assert "Festive weeks" in listed[5][2]
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "How sure: what Dover Town found; the days are ours." in page
    assert "ask a PCN manager to add quiet days" in page
    assert "add quiet days</a>" in outreach.client_of("mandy").get(f"{outreach.page}/coming-weeks").text


def test_calls_that_come_of_a_letter_clash_too(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.moved(dt.datetime(2026, 12, 3, 10))  # noqa: DTZ001 - the time in Kent
    assert "Clash Festive weeks" in weeks(outreach)[0][2], "calls come 5 to 14 days after the text"


@pytest.mark.parametrize(("many", "shown"), [(3, "fewer than 8"), (13, "about 15"), (20, "about 20")])
def test_planners_see_rounded_numbers_and_no_small_ones(outreach: Outreach, many: int, shown: str) -> None:
    outreach.start(*TWENTY[:many])
    for who in ("mandy", "alan"):
        page = outreach.client_of(who).get(f"{outreach.page}/coming-weeks").text
        assert f"Text: {shown} people due." in page
        assert weeks(outreach, who)[1][1] == f"Letter: {shown}"
        assert "Numbers are rounded" in page


@pytest.mark.parametrize(("state", "said"), [("set-up", "in set-up"), ("paused", "paused")])
def test_a_programme_that_is_not_live_says_that_nothing_goes_out(
    outreach: Outreach, state: str, said: str
) -> None:
    outreach.start(*TWENTY)
    outreach.change(lambda: db.session.execute(update(Programme).values(state=state)))
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert f"This programme is {said}, so nothing goes out." in page
    assert "Build the batch" not in page
    assert weeks(outreach)[1][1] == "Letter: 20"


def test_who_cannot_be_counted_yet_is_told(outreach: Outreach) -> None:
    outreach.start(*TWENTY, released=False)
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "20 people are not counted below" in page
    assert {people for _, people, _ in weeks(outreach)} == {"Nobody"}


def test_whose_step_comes_after_these_weeks_is_told(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.send()
    asked = {"answer": "not now", "months": "3"}
    link = outreach.links()[0]
    outreach.client_of(None).post(link, data={"answer": "not now"})
    outreach.client_of(None).post(f"{link}/later", data=asked)
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "1 person has a step on a day after these weeks." in page
    assert weeks(outreach)[1][1] == "Letter: 19"


def test_the_end_of_what_is_known_is_said(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.moved(dt.datetime(2027, 8, 2, 10))  # noqa: DTZ001 - the time in Kent
    page = outreach.client_of("cora").get(f"{outreach.page}/coming-weeks").text
    assert "School holidays: we have no dates after 31 August 2027." in page
    assert page.count("Bank holiday, 30 August 2027") == 1, "beside its week, and not explained once more"


def test_at_a_weekend_the_weeks_begin_on_monday(outreach: Outreach) -> None:
    outreach.start(*TWENTY)
    outreach.moved(dt.datetime(2026, 11, 7, 10))  # noqa: DTZ001 - the time in Kent
    listed = weeks(outreach)
    assert (listed[0][0], listed[0][1]) == ("9 to 15 November 2026", "Text: 20")
    outreach.moved(dt.datetime(2026, 11, 6, 10))  # noqa: DTZ001 - the time in Kent
    assert weeks(outreach)[0][:2] == ("6 to 8 November 2026", "Text: 20")
