"""Whole pages and fragments, as htmx and as a browser without it ask for them."""

from typing import Any

PEOPLE = "/pcn/dover-town/people"


def test_a_page_that_does_not_fit_the_element_is_gone_to_instead_of_put_into_it(client_of: Any) -> None:
    client = client_of("clara")
    answer = client.get(f"{PEOPLE}?q=x", headers={"HX-Request": "true", "HX-Target": "conversation_page"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"{PEOPLE}?q=x"
