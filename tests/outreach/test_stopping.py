"""All sending is stopped at once by whoever sees that something is wrong, and allowed again by a manager."""

import pytest

from tests.outreach.conftest import BASE, Outreach


def test_a_coordinator_stops_everything_and_a_manager_allows_it_again(outreach: Outreach) -> None:
    outreach.start({}, {})
    batch = outreach.build()
    outreach.approve(batch)
    cora = outreach.client_of("cora")
    assert "Stop all sending" in cora.get(f"{BASE}/outreach/batches/{batch}").text
    said = cora.sent(f"{outreach.page}/stop-all").text
    assert "All sending is stopped, in every programme." in said
    assert "A PCN manager allows it again in Settings" in said
    assert "stopped already" in cora.sent(f"{outreach.page}/stop-all").text
    outreach.work()
    assert outreach.captured() == []
    assert cora.post(f"{BASE}/settings/sending/allow").status_code == 403
    mandy = outreach.client_of("mandy")
    assert "Allow sending again in Settings" in mandy.get(outreach.page).text
    assert "Sending is allowed again." in mandy.sent(f"{BASE}/settings/sending/allow").text
    assert "All sending is stopped" not in cora.get(outreach.page).text


def test_who_does_not_see_outreach_cannot_stop_it(outreach: Outreach) -> None:
    outreach.start({})
    assert outreach.client_of("rita").post(f"{outreach.page}/stop-all").status_code == 403


@pytest.mark.parametrize("when", ["before they are made", "after they are made"])
def test_printed_letters_that_were_paused_go_on_as_letters_for_the_printer(
    outreach: Outreach, when: str
) -> None:
    (ada,) = outreach.start({"mobile": "none"})
    outreach.send()
    texts = len(outreach.captured())
    batch = outreach.build(2)
    outreach.approve(batch)
    if when == "after they are made":
        outreach.work()
    address = f"{BASE}/outreach/batches/{batch}"
    assert "Paused" in outreach.client_of("cora").sent(f"{address}/pause").text
    outreach.work()
    assert "Handed to the printer" not in outreach.client_of("cora").get(address).text
    outreach.client_of("clara").post(f"{address}/resume")
    outreach.work()
    assert outreach.batch_state(batch) == "approved"
    assert "Handed to the printer" in outreach.client_of("cora").get(address).text
    outreach.client_of("cora").post(f"{address}/hand-over")
    assert outreach.states(batch) == {ada: ("sent", None)}
    assert len(outreach.captured()) == texts
