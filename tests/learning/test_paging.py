"""Shared learning pages come 25 to a page, with the words that were looked for kept in the links."""

from typing import Any

from app import clock
from app.learning.models import PublishedLearning
from tenants.db import db
from tests import rows


def test_a_long_list_has_numbered_pages_and_keeps_the_filter(client_of: Any, acting: Any) -> None:
    with acting("dover-town"):
        for number in range(26):
            rows.make(PublishedLearning, title=f"Walking {number:02}", published_at=clock.now())
        db.session.commit()
    client = client_of("mo")
    first = client.get("/pcn/medway-central/learning?words=Walking")
    assert first.text.count("Walking 0") + first.text.count("Walking 1") + first.text.count("Walking 2") == 25
    assert "/pcn/medway-central/learning?words=Walking&amp;page=2" in first.text
    second = client.get("/pcn/medway-central/learning?words=Walking&page=2")
    beyond = client.get("/pcn/medway-central/learning?words=Walking&page=99")
    for page in (second, beyond):
        assert sum(f"Walking {number:02}" in page.text for number in range(26)) == 1
