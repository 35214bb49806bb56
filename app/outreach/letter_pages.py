"""How a letter looks: the address where a window envelope shows it, the reference, and large print."""

import re
from functools import lru_cache

from markupsafe import Markup

from app import clock, languages
from app.library.documents import fill_html, html_of
from app.library.models import LibraryItem
from app.library.rules import placeholders_of
from app.outreach import links
from app.outreach.facts import Known
from app.outreach.models import Contact
from app.outreach.rules import Facts
from app.outreach.wording import EASY, LARGE, Letterhead, values_for, wants_large_print

# The address stands 25 mm from the left and 40 to 66 mm from the top: what a DL window envelope shows.
# Source: GOV.UK Notify, letter specification.
CSS = """
@page { margin: 20mm 20mm 20mm 25mm }
article { break-before: page }
article:first-of-type { break-before: auto }
header { height: 52mm; position: relative }
.from { font-size: 10pt; line-height: 1.35; position: absolute; right: 0; top: 0; width: 62mm }
.large .from { font-size: 11pt }
.link { white-space: nowrap }
.address { font-size: 11pt; line-height: 1.3; left: 0; position: absolute; top: 20mm; width: 95mm }
.large { font-size: 16pt } .large h1 { font-size: 24pt } .large h2 { font-size: 20pt }
.large .address { font-size: 12pt; line-height: 1.2 }
"""
MOST_DIGITS = 20  # a number in the database has 19 at most
_ADDRESS = re.compile(r"<p>\s*\(\(\s*(address block)\s*\)\)\s*</p>", re.IGNORECASE)
_FROM = "<p>((sender name))<br>((sender address))<br>((sender phone))</p>"
_REFERENCES = {"letter date": "((letter date))", "nhs number": "NHS number: ((nhs number))"}
_OURS = "Our reference: ((our reference))"


@lru_cache(maxsize=32)
def framed(body: str) -> Markup:
    """A letter's HTML with its placeholders, the address where a window envelope shows it.

    What a template writes above ((address block)) stands at the upper right. One that does not ask for the
    address, the date or the NHS number gets them all the same, and every one gets our reference, by which a
    letter that comes back is known.
    """
    html = _headings_up(html_of(body))
    asked_for = placeholders_of(body)
    above, _, below = _ADDRESS.split(html, maxsplit=1) if _ADDRESS.search(html) else (_FROM, "", html)
    lines = [line for name, line in _REFERENCES.items() if name not in asked_for] + [_OURS]
    return Markup(  # noqa: S704 - Markdown made safe by documents.html_of, and our own tags
        f'<header><div class="from">{above}</div><p class="address">((address block))</p></header>'
        f"<p>{'<br>'.join(lines)}</p>{below}"
    )


def _headings_up(html: Markup) -> str:
    """A letter's own title is its first heading; on a page of ours it would be the second."""
    return re.sub(r"(</?h)([2-6])", lambda tag: f"{tag[1]}{int(tag[2]) - 1}", str(html))


def on_a_page(letter: str) -> Markup:
    """A letter that was written before, to stand in a page that has a title of its own."""
    lower = re.sub(r"(</?h)([1-5])", lambda tag: f"{tag[1]}{int(tag[2]) + 1}", letter)
    return Markup(lower)  # noqa: S704 - made by `written`, which escapes every value


def reference_of(contact: Contact) -> str:
    """What stands on the letter as our reference: the number of the letter and two digits that check it.

    The check finds each wrong digit, and two beside each other changed round. Source: ISO 7064, MOD 97-10.
    """
    return f"{contact.id}-{98 - contact.id * 100 % 97:02d}"


def contact_id_of(reference: str) -> int | None:
    """The number of the letter that a reference names, typed or scanned; None where its check is wrong."""
    digits = "".join(char for char in reference if char.isascii() and char.isdigit())
    wrong = not 3 <= len(digits) <= MOST_DIGITS or int(digits) % 97 != 1 or digits.startswith("0")
    return None if wrong else int(digits[:-2])


def anchor_of(contact: Contact) -> str:
    """The id of the letter in its PDF."""
    return f"letter-{contact.id}"


def is_large(facts: Facts, template: LibraryItem) -> bool:
    """Whether a letter from that template is set in 16 point for this person."""
    return wants_large_print(facts) or template.format in LARGE | EASY


def written(template: LibraryItem, contact: Contact, known: Known, head: Letterhead) -> Markup:
    """One person's letter from that template."""
    link = links.address_of(links.token_of(contact))
    values = values_for(known, head, link=link, day=clock.today()) | {"our reference": reference_of(contact)}
    unbroken = Markup('<span class="link" dir="ltr">{}</span>').format(link)
    filled = fill_html(framed(template.body), values).replace(link, unbroken)
    marks = Markup(' class="large"') if is_large(known.facts, template) else Markup()
    if template.language != "en":
        direction = languages.direction(template.language)
        marks += Markup(' lang="{}" dir="{}"').format(template.language, direction)
    return Markup('<article id="{}"{}>{}</article>').format(anchor_of(contact), marks, filled)
