"""What outreach puts on the page "Today" and on a programme's page."""

import re

from tests.outreach.conftest import BASE, Outreach


def test_a_batch_waits_for_whoever_may_approve_it_and_did_not_build_it(outreach: Outreach) -> None:
    outreach.start({})
    batch_id = outreach.build(who="mandy")
    address = f"{BASE}/outreach/batches/{batch_id}/approve"
    assert address in outreach.client_of("max").get(f"{BASE}/today").text
    assert address not in outreach.client_of("mandy").get(f"{BASE}/today").text
    assert address not in outreach.client_of("cora").get(f"{BASE}/today").text


def test_calls_and_answers_wait_for_the_care_team(outreach: Outreach) -> None:
    outreach.start({}, {})
    outreach.send()
    first, second = outreach.links()
    outreach.client_of(None).post(first, data={"answer": "yes, call me"})
    outreach.client_of(None).post(second, data={"answer": "yes, another way"})
    page = outreach.client_of("lena").get(f"{BASE}/today").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "2 calls due today" in words
    assert "1 person wants to hear from us another way" in words
    assert "status=wants+another+way" in page


def test_the_programme_says_what_its_outreach_needs_next(outreach: Outreach) -> None:
    outreach.start({})
    address = f"{BASE}/programmes/{outreach.programme_id}"
    assert "See who is due to hear from us" in outreach.client_of("cora").get(address).text
    outreach.build()
    assert "Have a second person read and approve the batch" in outreach.client_of("cora").get(address).text
