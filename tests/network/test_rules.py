"""Rules of the network, without a database."""

import datetime as dt

import pytest

from app.network.onboarding import practices_of
from app.network.rules import Held, invitation_state, may_end, slug_of, work_state

NOON = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Dover Town PCN", "dover-town"),
        ("NHS Kent and Medway ICB", "kent-and-medway"),
        ("St. John's  Primary Care Network", "st-johns"),
        ("PCN", ""),
        ("Åby", "by"),
    ],
)
def test_an_address_is_made_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_the_last_who_manages_cannot_be_ended() -> None:
    one, two, clinician = Held(1, "PCN manager"), Held(2, "PCN manager"), Held(3, "clinician")
    assert may_end(one, [one, two, clinician], "pcn")
    assert not may_end(one, [one, clinician], "pcn")
    assert may_end(clinician, [one, clinician], "pcn")
    assert not may_end(Held(4, "partner coordinator"), [Held(4, "partner coordinator")], "partner")


@pytest.mark.parametrize(
    ("done", "failed", "queued", "error", "state"),
    [
        (NOON, None, NOON, None, "done"),
        (None, NOON, None, "x", "failed"),
        (None, None, NOON, "x", "in progress"),
        (None, None, None, "x", "trying again"),
        (None, None, None, None, "waiting"),
    ],
)
def test_work_has_one_state(
    done: dt.datetime | None,
    failed: dt.datetime | None,
    queued: dt.datetime | None,
    error: str | None,
    state: str,
) -> None:
    assert work_state(done, failed, queued, error) == state


def test_an_invitation_runs_out_at_its_moment() -> None:
    assert invitation_state(NOON, NOON) == "ran out"
    assert invitation_state(NOON, NOON - dt.timedelta(seconds=1)) == "open"


def test_practices_are_read_a_line_each_with_their_line_numbers() -> None:
    assert practices_of("g82999 Castle  Street\n\n Y99996\n") == [
        (1, {"code": "G82999", "name": "Castle  Street"}),
        (3, {"code": "Y99996", "name": ""}),
    ]
