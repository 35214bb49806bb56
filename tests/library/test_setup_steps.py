"""A step of a set-up is kept without loss, and read aloud as a manager would say it."""

import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.library.setup import read_setup, setup_of
from app.library.setup_steps import CHANNELS, PARTS, WEEKDAYS, WHO, SetupStep, narrowed, step_aloud
from app.outreach import models
from tests.library.test_setup import GOOD

TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0, tzinfo=None))


@st.composite
def any_step(draw: st.DrawFn) -> SetupStep:
    after, opens, closes = draw(st.integers(0, 365)), draw(st.none() | TIMES), draw(st.none() | TIMES)
    if opens and closes:
        opens, closes = (opens, closes) if opens < closes else (None, closes)
    days = narrowed(draw(st.lists(st.sampled_from(WEEKDAYS))), WEEKDAYS)
    channel = draw(st.sampled_from(CHANNELS))
    if channel == "letter":
        opens, closes, days = None, None, ()
    return SetupStep(
        draw(st.text(min_size=1).filter(lambda words: words == words.strip())),
        channel,
        "Script",
        after,
        draw(st.none() | st.integers(after, 365)),
        draw(st.booleans()),
        narrowed(draw(st.lists(st.sampled_from(WHO))), WHO),
        tuple(WEEKDAYS.index(day) for day in days),
        opens,
        closes,
        draw(st.none() | st.integers(1, 10_000)),
    )


@given(any_step())
def test_every_step_that_can_be_said_is_kept_without_loss(step: SetupStep) -> None:
    kept = GOOD | {"steps": [GOOD["steps"][0], step.as_json]}
    assert setup_of(kept).steps[1] == step
    assert setup_of(kept).as_json == kept
    assert read_setup(yaml.safe_dump(kept, allow_unicode=True)).steps[1] == step


def test_a_programme_whose_first_step_was_to_wait_is_read_all_the_same() -> None:
    kept = GOOD | {"steps": [GOOD["steps"][0] | {"after_days": 3}]}
    assert setup_of(kept).steps[0].after_days == 0


def test_the_words_of_a_set_up_are_those_of_the_rows() -> None:
    assert (models.CHANNELS, models.WHO) == (CHANNELS, WHO)


CALL = SetupStep("Ring", "call", "Script", 5, 7, working_days=True, who=("no answer",))


@pytest.mark.parametrize(
    ("step", "position", "sentence"),
    [
        (SetupStep("A", "letter", "L", 0), 1, "Letter to everybody whose practice has released its people."),
        (
            SetupStep("A", "text", "T", 0, opens=dt.time(9), closes=dt.time(17, 30), weekdays=(0, 1, 2)),
            1,
            "Text to everybody whose practice has released its people. "
            "Only Monday to Wednesday, from 9am until 5:30pm.",
        ),
        (
            CALL,
            2,
            "Call on working day 5 to 7 after step 1 reached them, to those who have not answered.",
        ),
        (
            SetupStep("A", "call", "C", 7, per_day=1500, weekdays=(0, 3)),
            2,
            "Call 7 days after step 1 reached them, to those who have not answered. "
            "At once to those whom step 1 could not reach. Only on Mondays and Thursdays. "
            "At most 1,500 a day.",
        ),
        (
            SetupStep("A", "email", "E", 0, who=("could not be reached", "not delivered")),
            3,
            "E-mail at once to those whom step 2 could not be sent to and those whose step 2 could not be "
            "delivered.",
        ),
        (
            SetupStep("A", "text", "T", 1, who=("no answer", "not delivered"), weekdays=(4,)),
            2,
            "Text 1 day after step 1 reached them, to those who have not answered. "
            "At once to those whose step 1 could not be delivered. Only on Fridays.",
        ),
    ],
)
def test_a_step_is_read_aloud(step: SetupStep, position: int, sentence: str) -> None:
    assert step_aloud(step, position) == sentence


def test_the_page_about_set_ups_shows_one_that_can_be_used_and_every_part_of_a_step() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "set-ups.md").read_text()
    setup = read_setup(page.split("```yaml\n")[1].split("```")[0])
    assert [step.channel for step in setup.steps] == ["letter", "call"]
    table = page[page.index("## Steps") :]
    assert [part for part in PARTS if f"`{part}`" not in table] == []
