"""The reply page for everybody: words that a child of 11 reads, and wrong links that tell nothing."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from sqlalchemy import update

from app.library.reading_level import level_of
from app.outreach.models import Contact
from app.outreach.promises import ENDED, IN_TOUCH, NEVER, NO_NUMBER, OTHERWISE
from tenants.db import db
from tests.checking import UNCOUNTED, counted
from tests.outreach import seeding
from tests.outreach.conftest import Outreach

# What lies on the way: a page, and what is sent from it.
WAY: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("", {"answer": "yes, another way"}),
    ("/another-way", {}),
    ("/another-way", {"ways": ["another language"], "language": ""}),
    ("/another-way", {"ways": ["another language", "large print"], "language": "Polish"}),
    ("", {"answer": "yes, call me"}),
    ("/times", {}),
    ("/times", {"days": ["Monday"], "times": "in the morning"}),
    ("", {"answer": "not now"}),
    ("/later", {}),
    ("/later", {"months": "3"}),
    ("", {"answer": "no thank you"}),
]


@pytest.fixture
def link(outreach: Outreach) -> str:
    """Ada's link."""
    outreach.start({}, {"given_name": "Ben"})
    outreach.send()
    return outreach.links()[0]


def sentences(html: str) -> Iterator[str]:
    """What is read on the page: each paragraph, label and heading, ended like a sentence."""
    tree: Element = html5lib.parse(html, namespaceHTMLElements=False)
    main = next(element for element in tree.iter("main"))
    for element in main.iter():
        if element.tag in ("p", "h1", "h2", "legend", "label", "a", "button", "li"):
            words = " ".join("".join(element.itertext()).split())
            yield words if re.search(r"[.?!:]$", words) else f"{words}."


def test_every_page_of_the_way_is_read_at_11(outreach: Outreach, link: str) -> None:
    client = outreach.client_of(None)
    for path, data in WAY:
        page = client.post(f"{link}{path}", data=data, follow_redirects=True).text if data else (
            client.get(f"{link}{path}").text
        )  # fmt: skip
        level = level_of("\n".join(sentences(page)))
        assert level is not None
        assert level.is_easy, (path, data, level)
        assert level.words >= 20


@pytest.mark.parametrize("words", [NEVER, NO_NUMBER, IN_TOUCH, OTHERWISE, ENDED])
def test_why_nobody_rings_is_read_at_11(words: str) -> None:
    level = level_of(f"Thank you, Ada. {words} Please ring us on 01304 555 000. Change my answer.")
    assert level is not None
    assert level.is_easy, level


WRONG = ["altered", "expired", "of another PCN", "recalled"]


def broken(outreach: Outreach, link: str, how: str) -> str:
    """The link as it no longer works."""
    if how == "altered":
        return link[:-1] + ("a" if link[-1] != "a" else "b")
    if how == "of another PCN":
        return f"/r/{outreach.world.organisations['medway-central']}-{link.split('-', 1)[1]}"
    if how == "expired":
        outreach.moved(seeding.MONDAY + dt.timedelta(days=731))
    else:
        outreach.change(lambda: db.session.execute(update(Contact).values(state="cancelled")))
    return link


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("path", ["", "/times", "/another-way", "/later", "/done"])
def test_a_wrong_link_costs_and_says_the_same_whatever_is_wrong(outreach, link, how, path) -> None:
    """The same statements in the same order: so it takes as long, too."""

    def asked(address: str) -> tuple[int, str, list[str]]:
        with counted() as statements:
            answer = outreach.client_of(None).get(address)
        spent = [re.sub(r"\s+", " ", one)[:80] for one in statements if not UNCOUNTED.match(one)]
        return answer.status_code, re.sub(r"nonce-\w+", "", answer.text), spent

    nobody = "/r/{}-{}".format(outreach.world.organisations["dover-town"], "0" * 20)
    right = outreach.client_of(None).get(link).status_code
    assert right == 200
    assert asked(broken(outreach, link, how) + path) == asked(nobody + path)
