"""The steps of a programme: read aloud, changed by the manager, locked once a batch was built."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.library.models import LibraryItem
from app.outreach.models import Batch, Step
from app.programmes.models import Programme
from tenants.db import db
from tests.checking import CheckingClient
from tests.outreach.calling import listed
from tests.outreach.conftest import Outreach
from tests.rows import make

STEP: dict[str, Any] = {
    "name": "Second letter",
    "template": "Our letter",
    "who": ["no answer"],
    "after_days": "5",
    "until_days": "7",
    "count": "working",
    "per_day": "40",
}


def seen(html: str) -> str:
    found = re.search(r'name="seen"[^>]*value="(\w+)"', html)
    assert found is not None
    return found[1]


def rows(outreach: Outreach) -> list[tuple[Any, ...]]:
    with outreach.acting("dover-town"):
        statement = select(Step.position, Step.name).where(Step.programme_id == outreach.programme_id)
        return [tuple(row) for row in db.session.execute(statement.order_by(Step.position))]


def in_set_up(outreach: Outreach) -> list[str]:
    with outreach.acting("dover-town"):
        programme = db.session.scalars(select(Programme).where(Programme.id == outreach.programme_id)).one()
        return [step["name"] for step in programme.setup["steps"]]


def act(outreach: Outreach, act: str, position: int, client: CheckingClient | None = None) -> Any:
    """Press a button of the steps page as Mandy (or send what it would), on a fresh page."""
    client = client or outreach.client_of("mandy")
    mark = seen(client.get(f"{outreach.page}/steps/{position}").text)
    values = {"act": act, "position": position, "seen": mark}
    return client.post(f"{outreach.page}/steps/change", data=values)


def add(outreach: Outreach, channel: str = "letter", **changed: Any) -> Any:
    client = outreach.client_of("mandy")
    address = f"{outreach.page}/steps/add?channel={channel}"
    return client.post(address, data=STEP | {"seen": seen(client.get(address).text)} | changed)


def test_the_steps_are_read_aloud_to_all_who_see_outreach_and_looking_writes_nothing(
    outreach: Outreach,
) -> None:
    outreach.start({})
    for who in ("mandy", "cora", "clara", "alan"):
        page = outreach.client_of(who).get(f"{outreach.page}/steps").text
        assert "Text to everybody whose practice has released its people." in page
        assert "No text, e-mail or call goes out at weekends or on bank holidays." in page
        assert "Letters are handed over on any day." in page
        assert "Call 6 days after step 2 reached them, to those who have not answered." in page
        assert ("Add a step" in page) == ("Take out" in page) == (who == "mandy")
    assert rows(outreach) == []


def test_who_does_not_run_programmes_cannot_change_the_steps(outreach: Outreach) -> None:
    outreach.start({})
    cora = outreach.client_of("cora")
    assert (
        cora.post(f"{outreach.page}/steps/change", data={"act": "remove", "position": 2}).status_code == 403
    )
    assert cora.get(f"{outreach.page}/steps/add?channel=text").status_code == 403
    assert cora.get(f"{outreach.page}/steps/2").status_code == 403
    assert outreach.client_of("mandy").get(f"{outreach.page}/steps/2").status_code == 200


def test_a_step_is_added_at_the_end_with_all_that_can_be_said_of_it(outreach: Outreach) -> None:
    outreach.start({})
    assert add(outreach).status_code == 303
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert "Step 4: Second letter" in page
    assert "Letter on working day 5 to 7 after step 3 reached them, to those who have not answered." in page
    assert "At most 40 a day." in page
    with outreach.acting("dover-town"):
        step = db.session.scalars(select(Step).where(Step.name == "Second letter")).one()
        assert (step.channel, step.until_days, step.working_days, step.who) == (
            "letter",
            7,
            True,
            ["no answer"],
        )
        assert (step.weekdays, step.per_day, step.opens) == ([], 40, None)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.subject == "outreach step")).one()
        assert (event.action, event.actor, event.detail["step"]) == ("added", "Mandy", "Second letter")
    assert in_set_up(outreach) == ["Text", "Letter", "Call", "Second letter"]


def test_all_ticked_narrows_nothing_and_hours_are_kept(outreach: Outreach) -> None:
    outreach.start({})
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    who = ["no answer", "could not be reached", "not delivered"]
    script = {"template": "Our script", "who": who, "weekdays": days, "until_days": "", "per_day": ""}
    assert add(outreach, "call", opens="9.30", closes="5pm", count="all", **script).status_code == 303
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert "At once to those whom step 3 could not reach. Only from 9:30am until 5pm." in page
    with outreach.acting("dover-town"):
        step = db.session.scalars(select(Step).where(Step.position == 4)).one()
        assert (step.who, step.weekdays, step.until_days, step.per_day) == ([], [], None, None)
    shown = outreach.client_of("mandy").get(f"{outreach.page}/steps/4").text
    assert 'value="9:30"' in shown
    assert shown.count(" checked") == len(days) + len(who) + 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "Enter a name for the step"),
        ({"template": ""}, "Choose what is sent"),
        ({"template": "Our text"}, "Not a valid choice"),
        ({"who": []}, "Choose whom it is for"),
        ({"after_days": ""}, "Enter after how many days it is due"),
        ({"after_days": "-1"}, "Enter a whole number from 0 to 365"),
        ({"until_days": "4"}, "The latest day must be the same as or after the first"),
        ({"until_days": "soon"}, "Enter a whole number from 0 to 365"),
        ({"per_day": "0"}, "Enter a whole number from 1 to 10,000"),
    ],
)
def test_what_is_wrong_in_a_step_is_said_at_its_field_and_nothing_is_lost(
    outreach: Outreach, wrong: dict[str, Any], message: str
) -> None:
    outreach.start({})
    answer = add(outreach, **wrong)
    assert answer.status_code == 422
    assert answer.text.count(message) == 2  # in the summary and at the field
    assert ("Second letter" in answer.text) == ("name" not in wrong)
    assert rows(outreach) == []


def test_the_faults_are_told_in_the_order_of_the_page(outreach: Outreach) -> None:
    outreach.start({})
    wrong = {"name": "", "until_days": "1", "per_day": "0"}
    page = add(outreach, **wrong).text
    summary = page[page.index("There is a problem") : page.index("</h1>")]
    assert re.findall(r'href="#(\w+)"', summary) == list(wrong)


def test_hours_are_checked(outreach: Outreach) -> None:
    outreach.start({})
    text = {"template": "Our text", "weekdays": ["Monday"]}
    answer = add(outreach, "text", **text, opens="17:00", closes="9:00")
    assert answer.status_code == 422
    assert "Choose at least one day" in add(outreach, "text", **text | {"weekdays": []}).text
    assert "The latest time must be after the earliest time" in answer.text
    assert "Enter the time from which" in add(outreach, "text", **text, opens="dawn").text
    assert "Enter the time until which" in add(outreach, "text", **text, closes="25:00").text
    assert (
        "Not before" not in outreach.client_of("mandy").get(f"{outreach.page}/steps/add?channel=letter").text
    )


def test_a_step_goes_out_at_no_time_at_which_nothing_goes_out(outreach: Outreach) -> None:
    outreach.start({})  # a PCN that sends from 9am to 6pm
    text = {"template": "Our text", "weekdays": ["Monday"]}
    late, early = (add(outreach, "text", **text, **time) for time in ({"opens": "6pm"}, {"closes": "9:00"}))
    assert late.status_code == early.status_code == 422
    assert "Enter a time before 6pm, when your hours end" in late.text
    assert "Enter a time after 9am, when your hours begin" in early.text
    assert rows(outreach) == []
    assert add(outreach, "text", **text, opens="17:30", closes="19:00").status_code == 303


@pytest.mark.parametrize("field", ["after_days", "until_days", "per_day"])
def test_a_number_that_no_computer_reads_is_only_a_wrong_number(outreach: Outreach, field: str) -> None:
    outreach.start({})
    answer = add(outreach, **{field: "9" * 5000})
    assert answer.status_code == 422
    assert "Enter a whole number from" in answer.text
    assert rows(outreach) == []


def test_a_step_is_moved_and_the_first_one_waits_for_nothing(outreach: Outreach) -> None:
    outreach.start({})
    assert act(outreach, "up", 2).status_code == 303
    assert rows(outreach) == [(1, "Letter"), (2, "Text"), (3, "Call")]
    assert in_set_up(outreach) == ["Letter", "Text", "Call"]
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert "Letter to everybody whose practice has released its people." in page
    assert "Text 7 days after step 1 reached them" in page, "and not on the same day"
    act(outreach, "down", 1)
    act(outreach, "down", 2)
    assert rows(outreach) == [(1, "Text"), (2, "Call"), (3, "Letter")]
    assert act(outreach, "up", 1).status_code == 422
    assert act(outreach, "down", 3).status_code == 422
    with outreach.acting("dover-town"):
        made = db.session.scalars(select(Step).where(Step.position == 3)).one()
        assert made.after_days == 7, "so long it waited before it was first for a while"


def test_a_step_that_was_taken_out_does_not_come_back_and_the_last_one_stays(outreach: Outreach) -> None:
    outreach.start({})
    act(outreach, "remove", 2)
    assert rows(outreach) == [(1, "Text"), (2, "Call")]
    outreach.build()
    assert rows(outreach) == [(1, "Text"), (2, "Call")]
    act(outreach, "remove", 2)
    answer = act(outreach, "remove", 1)
    assert (answer.status_code, "A batch of this step was built, so it stays" in answer.text) == (422, True)


def test_a_step_on_whose_call_list_somebody_is_stays(outreach: Outreach) -> None:
    outreach.start({})
    outreach.send()
    days = {"answer": "yes, call me", "days": ["Monday"], "times": "in the morning"}
    assert outreach.client_of(None).post(outreach.links()[0], data=days).status_code in (200, 303)
    answer = act(outreach, "remove", 3)
    assert (answer.status_code, "People are on the call list of this step, so it stays" in answer.text) == (
        422,
        True,
    )
    assert [name for _, name in rows(outreach)] == ["Text", "Letter", "Call"]


def test_the_only_step_stays(outreach: Outreach) -> None:
    outreach.start({})
    act(outreach, "remove", 1)
    act(outreach, "remove", 1)
    answer = act(outreach, "remove", 1)
    assert answer.status_code == 422
    assert "A programme keeps at least one step" in answer.text
    assert rows(outreach) == [(1, "Call")]


def test_a_call_step_is_asked_about_in_words_for_calls(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(outreach, monkeypatch, {})
    mandy = outreach.client_of("mandy")
    call = mandy.get(f"{outreach.page}/steps/1").text
    assert "On which days do people come on the call list?" in call
    assert "the hours also for those who are on the call list already" in call
    for page in (call, mandy.get(f"{outreach.page}/steps/add?channel=call").text):
        assert "go out" not in page
        assert "gone out" not in page
    assert "On which days does it go out?" in mandy.get(f"{outreach.page}/steps/add?channel=text").text


def test_a_step_that_was_built_of_stays_and_only_its_pace_changes(outreach: Outreach) -> None:
    outreach.start({})
    outreach.build()
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert page.count("Change the pace") == 1
    assert "A batch was built of it, so it stays where it is" in page
    for wish, position in (("up", 2), ("down", 1), ("remove", 1)):
        assert act(outreach, wish, position).status_code == 422
    assert [name for _, name in rows(outreach)] == ["Text", "Letter", "Call"]
    mandy = outreach.client_of("mandy")
    form = mandy.get(f"{outreach.page}/steps/1").text
    assert "stays as it is and where it is" in form
    assert "What do you call this step?" not in form
    pace = {"weekdays": ["Monday"], "opens": "10", "closes": "", "per_day": "25", "name": "Forged"}
    assert mandy.post(f"{outreach.page}/steps/1", data=pace | {"seen": seen(form)}).status_code == 303
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert "Only on Mondays, from 10am. At most 25 a day." in page
    assert [name for _, name in rows(outreach)] == ["Text", "Letter", "Call"]
    act(outreach, "up", 3)
    assert [name for _, name in rows(outreach)] == ["Text", "Call", "Letter"]


def test_a_batch_built_while_the_form_was_open_locks_the_step(outreach: Outreach) -> None:
    outreach.start({})
    mandy = outreach.client_of("mandy")
    form = mandy.get(f"{outreach.page}/steps/1").text
    outreach.build()
    values = STEP | {"template": "Our text", "seen": seen(form), "weekdays": ["Monday"]}
    mandy.post(f"{outreach.page}/steps/1", data=values)
    with outreach.acting("dover-town"):
        step = db.session.scalars(select(Step).where(Step.position == 1)).one()
        assert step.name == "Text"


def test_two_people_at_once_never_overwrite_each_other_unseen(outreach: Outreach) -> None:
    outreach.start({})
    mandy, max_ = outreach.client_of("mandy"), outreach.client_of("max")
    old = seen(mandy.get(f"{outreach.page}/steps/2").text)
    act(outreach, "down", 2, max_)
    refused = mandy.post(f"{outreach.page}/steps/change", data={"act": "remove", "position": 2, "seen": old})
    assert refused.status_code == 422
    assert (
        "Somebody changed the steps after you opened this page. Nothing of yours was changed" in refused.text
    )
    values = STEP | {"template": "Our script", "weekdays": ["Monday"], "seen": old}
    late = mandy.post(f"{outreach.page}/steps/2", data=values)
    assert late.status_code == 422
    assert "Look at them below. Save again to keep what you entered" in late.text
    assert 'value="Second letter"' in late.text
    assert [name for _, name in rows(outreach)] == ["Text", "Call", "Letter"]
    assert mandy.post(f"{outreach.page}/steps/2", data=values | {"seen": seen(late.text)}).status_code == 303
    assert [name for _, name in rows(outreach)] == ["Text", "Second letter", "Letter"]


def test_a_page_from_before_the_steps_were_moved_builds_nothing(outreach: Outreach) -> None:
    outreach.start({})
    cora = outreach.client_of("cora")
    old = cora.get(outreach.page).text
    assert "Letter 7 days after step 1 reached them" in old
    assert 'name="name" value="Text"' in old
    act(outreach, "up", 2)
    answer = cora.post(f"{outreach.page}/build", data={"position": 1, "name": "Text"})
    assert answer.location == outreach.page
    assert "Somebody changed the steps" in cora.get(outreach.page).text
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Batch)) == 0


def test_a_closed_programme_keeps_its_steps(outreach: Outreach) -> None:
    outreach.start({})
    mark = seen(outreach.client_of("mandy").get(f"{outreach.page}/steps").text)

    def close() -> None:
        db.session.get_one(
            Programme, (outreach.world.organisations["dover-town"], outreach.programme_id)
        ).state = "closed"

    outreach.change(close)
    page = outreach.client_of("mandy").get(f"{outreach.page}/steps").text
    assert "Add a step" not in page
    values = {"act": "remove", "position": 2, "seen": mark}
    answer = outreach.client_of("mandy").post(f"{outreach.page}/steps/change", data=values)
    assert (answer.status_code, "The programme is closed." in answer.text) == (422, True)


def test_templates_are_chosen_from_the_library_and_say_where_nobody_has_approved_them(
    outreach: Outreach,
) -> None:
    outreach.start({})
    outreach.change(lambda: make(LibraryItem, kind="letter", name="New letter", body="Hello", state="draft"))
    mandy = outreach.client_of("mandy")
    assert "New letter (not approved yet)" in mandy.get(f"{outreach.page}/steps/add?channel=letter").text
    assert "Your library has no e-mail yet." in mandy.get(f"{outreach.page}/steps/add?channel=email").text
    add(outreach, template="New letter")
    page = mandy.get(f"{outreach.page}/steps").text
    assert "No version of “New letter” is approved." in page
    setup = mandy.get(f"{outreach.page.removesuffix('/outreach')}/set-up").text
    assert "Letter: New letter" in setup, "the set-up asks for what the steps send now"


def test_a_step_that_is_not_there_is_not_found(outreach: Outreach) -> None:
    outreach.start({})
    mandy = outreach.client_of("mandy")
    assert mandy.get(f"{outreach.page}/steps/9").status_code == 404
    assert mandy.post(f"{outreach.page}/steps/change", data={"act": "up", "position": "9"}).status_code == 404
    assert (
        mandy.post(f"{outreach.page}/steps/change", data={"act": "burn", "position": "1"}).status_code == 400
    )


def test_asked_twice_the_steps_are_added_once(outreach: Outreach) -> None:
    outreach.start({})
    outreach.build()
    outreach.build()
    with outreach.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Step)) == 3
