"""Approving a batch as a person does: open the page, tick what is to be ticked, type the number, press."""

import re
from typing import Any

from tests.checking import CheckingClient

BASE = "/pcn/dover-town/outreach/batches"
TICK = re.compile(r'<input[^>]*name="ticks"[^>]*value="(\w+)"')
NUMBER = re.compile(r"</span> (?:Send|Make) ([\d,]+) ")
SHOWN = re.compile(r'name="shown"[^>]*value="(\d+)"')


def read_in(page: str) -> dict[str, Any]:
    """What a page asks for: a tick for each warning, and the number that it shows."""
    number, shown = NUMBER.search(page), SHOWN.search(page)
    if number is None or shown is None:
        return {}
    return {"ticks": TICK.findall(page), "number": number[1], "shown": shown[1]}


def approve(client: CheckingClient, batch_id: int, **other: Any) -> Any:
    """Approve a batch; the answer. Where something has changed since the page was opened, once more."""
    address = f"{BASE}/{batch_id}/approve"
    opened = client.get(address)
    answer = client.post(address, data=read_in(opened.text) | other)
    if answer.status_code == 422 and not other and read_in(answer.text):
        return client.post(address, data=read_in(answer.text))
    return answer
