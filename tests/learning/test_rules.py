import pytest

from app.cohorts.plans import Step
from app.cohorts.showing import Count
from app.learning.rules import faults_in, few_in, figures, missing, named_in, narrowing, values_of
from app.programmes.rules import SPINE


def test_figures_are_hidden_below_eight_rounded_above_and_keep_their_denominator() -> None:
    counts = [("Identified", "identified", 131), ("Referred", "referred", 6), ("Accepted", "accepted", 0)]
    shown = [(figure.shown, figure.percent, figure.of) for figure in figures(counts)]
    assert shown == [("130", 100, 130), ("fewer than 8", None, 130), ("0", 0, 130)]


def test_no_share_is_given_of_a_hidden_cohort() -> None:
    shown = figures([("Identified", "identified", 5), ("Contacted", "contacted", 0)])
    assert [figure.percent for figure in shown] == [None, None]


def test_a_text_is_filled_with_what_may_be_shown() -> None:
    assert values_of(figures([("Identified", "identified", 131), ("Referred", "referred", 3)])) == {
        "identified": "130",
        "referred": "fewer than 8",
    }


def test_the_steps_to_the_cohort_are_made_safe() -> None:
    steps = [Step("died", True, Count(None), Count(15790, exact=False))]
    assert narrowing(steps) == [{"label": "died", "lost": "hidden", "left": "about 15,790"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("((peopel))", "Change ((peopel))"),
        ("She is 999 005 1062", "looks like an NHS number"),
        ("A man born 3 May 1970", "looks like a date of birth"),
        ("We thank Ada  Example for her time", "it is the name of somebody in this programme"),
        ("Three people accepted", "so few could be recognised"),
        ("6 patients were referred", "so few could be recognised"),
    ],
)
def test_what_could_point_at_somebody_is_refused(text: str, says: str) -> None:
    faults = faults_in(text, SPINE, ["Ada Example"])
    assert len(faults) == 1
    assert says in faults[0]


def test_ordinary_sentences_are_left_alone() -> None:
    text = "131 people, 12 weeks, three practices, seven partners and ((engaged)) who answered. Example town."
    assert faults_in(text, SPINE, ["Ada Example"]) == []


def test_a_name_is_found_whole_and_whatever_its_case() -> None:
    assert named_in("thanks to ADA EXAMPLE.", ["Ada Example"]) == ["Ada Example"]
    assert named_in("Canada Examples", ["Ada Example"]) == []


def test_few_means_seven_or_fewer() -> None:
    assert few_in("one person, 7 women, 8 people, 17 people") == ["one person", "7 women"]


def test_what_must_be_written_before_sharing() -> None:
    assert [section.key for section in missing({"aim": "x", "did": " "})] == ["did", "results", "learning"]
