"""What people do with an item on the way to its use."""

import html
import re
from typing import Any

from tests.checking import CheckingClient


def seen_on(client: CheckingClient, address: str) -> str:
    """What the page at `address` carries to say which words it showed."""
    found = re.search(r'name="was"[^>]*value="([^"]+)"', client.get(address).text)
    assert found, f"{address} does not say what it showed"
    return html.unescape(found[1])


def approve(client: CheckingClient, item: str) -> str:
    """The page after approving the message at the address `item`, with all that is amiss accepted."""
    page = client.get(f"{item}/approve").text
    amiss = [html.unescape(one) for one in re.findall(r'name="accepted"[^>]*value="([^"]+)"', page)]
    data: dict[str, Any] = {"was": seen_on(client, f"{item}/approve"), "accepted": amiss}
    return str(client.sent(f"{item}/approve", **data).text)


def read(client: CheckingClient, item: str, decision: str = "clear", note: str = "") -> str:
    """The page after a member of the patient council said what they think of the message at `item`."""
    data = {"was": seen_on(client, f"{item}/read"), "decision": decision, "note": note}
    return str(client.sent(f"{item}/read", **data).text)
