"""Letters made again, or stopped, after somebody opened their page: the printer may have the old ones."""

import re

import pytest
from sqlalchemy import select

from app.outreach.models import Contact
from tenants.db import db
from tests.outreach.conftest import BASE, Outreach


@pytest.fixture
def address(outreach: Outreach) -> str:
    """The address of an approved batch of two letters, made."""
    outreach.start({"given_name": "Ada"}, {"given_name": "Ben"})
    return f"{BASE}/outreach/batches/{outreach.letters()}"


def _shown(outreach: Outreach, address: str) -> str:
    """What the page's button sends of the files that it shows."""
    found = re.search(r'name="files" value="(\w+)"', outreach.client_of("cora").get(address).text)
    assert found
    return found[1]


def _states(outreach: Outreach, address: str) -> list[str]:
    return sorted(state for state, _ in outreach.states(int(address.rsplit("/", 1)[1])).values())


def test_a_file_that_still_holds_a_letter_taken_out_since_is_not_handed_over(
    outreach: Outreach, address: str
) -> None:
    cora, opened = outreach.client_of("cora"), _shown(outreach, address)
    with outreach.acting("dover-town"):
        of_ben = Contact.participant_id == outreach.people[1], Contact.body.startswith("<article")
        letter = db.session.scalar(select(Contact.id).where(*of_ben))
    cora.sent(f"{BASE}/outreach/letters/{letter}/recall")
    outreach.work()
    said = cora.sent(f"{address}/hand-over", files=opened)
    assert "Do not post the letters that you have" in said.text
    assert _states(outreach, address) == ["cancelled", "waiting"]
    cora.sent(f"{address}/hand-over", files=_shown(outreach, address))
    assert _states(outreach, address) == ["cancelled", "sent"]


@pytest.mark.parametrize("act", ["pause", "cancel"])
def test_letters_of_a_batch_stopped_since_are_not_said_to_be_handed_over(
    outreach: Outreach, address: str, act: str
) -> None:
    opened = _shown(outreach, address)
    outreach.client_of("cora").sent(f"{address}/{act}")
    said = outreach.client_of("cora").sent(f"{address}/hand-over", files=opened)
    assert f"this batch is {'paused' if act == 'pause' else 'cancelled'}" in said.text
    assert "handed over already" not in said.text
