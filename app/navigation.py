"""The navigation: short and by noun, for the kind of organisation, with only what the person may see."""

from dataclasses import dataclass

from flask import Flask, request, url_for

from app.here import can, here
from app.permissions import Permission as P


@dataclass(frozen=True)
class Item:
    """A noun in the navigation. `rooms` are the blueprints it stands for, `count` what waits there."""

    text: str
    href: str
    current: bool
    count: int = 0


# kind of organisation → (text, endpoint, permission)
NOUNS: dict[str, tuple[tuple[str, str, P], ...]] = {
    "pcn": (
        ("Today", "programmes.today", P.SEE_TODAY),
        ("Programmes", "programmes.browse", P.SEE_PROGRAMMES),
        ("Calls", "outreach.calls", P.MAKE_CALLS),
        ("People", "care.search", P.SEE_PEOPLE),
        ("Data", "people.imports", P.SEE_SOURCES),
        ("Referrals", "referrals.sent", P.SEE_REFERRALS),
        ("Library", "library.browse", P.SEE_LIBRARY),
        ("Learning", "learning.browse", P.SEE_LEARNING),
        ("Settings", "network.settings", P.SEE_SETTINGS),
        ("Activity", "network.activity", P.RELEASE_PEOPLE),
    ),
    "icb": (
        ("Overview", "network.overview", P.SEE_OVERVIEW),
        ("PCNs", "network.pcns", P.ONBOARD),
        ("Partners", "network.partners", P.ONBOARD),
        ("Library", "library.browse", P.SEE_LIBRARY),
        ("Learning", "learning.browse", P.SEE_LEARNING),
        ("Settings", "network.settings", P.SEE_SETTINGS),
    ),
    "partner": (
        ("Inbox", "referrals.inbox", P.SEE_INBOX),
        ("Services", "referrals.services", P.SEE_INBOX),
        ("Library", "library.browse", P.SEE_LIBRARY),
        ("Learning", "learning.browse", P.SEE_LEARNING),
        ("Settings", "network.settings", P.SEE_SETTINGS),
    ),
}


# endpoint of a noun → other addresses, after the organisation's, that belong under it
ALSO = {"programmes.browse": "outreach", "referrals.inbox": "referrals"}


def init_app(app: Flask) -> None:
    """Let templates draw the navigation."""
    app.context_processor(lambda: {"navigation": navigation})


def navigation(noun: str = "") -> list[Item]:
    """The nouns that the person here may go to. `noun` is the one of a page whose address hides it."""
    organisation = here.organisation
    return [
        _item(text, endpoint, noun)
        for text, endpoint, permission in NOUNS[organisation.kind]
        if can(permission)
    ]


def _item(text: str, endpoint: str, noun: str) -> Item:
    href = url_for(endpoint)
    under = [href] + ([f"{href.rsplit('/', 1)[0]}/{ALSO[endpoint]}"] if endpoint in ALSO else [])
    return Item(text, href, text == noun or any(f"{request.path}/".startswith(f"{one}/") for one in under))
