"""PDF documents: tagged for assistive technology (PDF/UA-1), in a typeface made for reading, without network.

Whatever is drawn comes from the HTML given and from our own fonts; anything else asked for stops the drawing.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.fonts import STACK, faces_for

BASE_CSS = f"""
@page {{ size: A4; margin: 20mm 20mm 22mm }}
html {{ font: 12pt/1.45 {STACK}; color: #212b32 }}
body {{ margin: 0 }}
h1 {{ font-size: 22pt; line-height: 1.2; margin: 0 0 8pt }}
h2 {{ font-size: 16pt; line-height: 1.25; margin: 16pt 0 5pt; break-after: avoid }}
h3 {{ font-size: 13pt; margin: 12pt 0 4pt; break-after: avoid }}
p {{ margin: 0 0 8pt; orphans: 2; widows: 2 }}
ul, ol {{ margin: 0 0 8pt; padding-left: 16pt }}
li {{ margin-bottom: 3pt }}
table {{ border-collapse: collapse; width: 100%; margin: 4pt 0 10pt }}
th, td {{ border-bottom: 0.75pt solid #aeb7bd; padding: 4pt 8pt 4pt 0 }}
th, td {{ text-align: left; vertical-align: top }}
tr {{ break-inside: avoid }}
a {{ color: #005eb8 }}
.quiet {{ color: #4c6272 }}
"""

# Added to a document whose pages are counted from its first to its last.
PAGE_NUMBERS = f"""
h1 {{ string-set: heading content() }}
@page {{
  font: 9pt {STACK}; color: #4c6272;
  @bottom-left {{ content: string(heading) }}
  @bottom-right {{ content: "Page " counter(page) " of " counter(pages) }}
}}
"""

_PAGE = string.Template(
    '<!DOCTYPE html><html lang="$language"><head><meta charset="utf-8"><title>$title</title>'
    '<meta name="author" content="$author"></head><body>$body</body></html>'
)


class AsksForMore(ValueError):
    """A document asked for something from outside."""


def pdf_of(body: Markup, *, title: str, language: str = "en", author: str = "Oast", css: str = "") -> bytes:
    """The HTML `body` as a tagged PDF of A4 pages.

    `title` and `language` (a code such as "en") are what a screen reader says first; `css` comes after
    `BASE_CSS`. Raises AsksForMore where the document wants an image, a style or a file from outside.
    """
    return drawn(body, title=title, language=language, author=author, css=css).content


@dataclass(frozen=True)
class Drawn:
    """A PDF, how many pages it has, and on which of them (from 1) each element with an id begins."""

    content: bytes
    pages: int
    starts: Mapping[str, int]


def drawn(body: Markup, *, title: str, language: str = "en", author: str = "Oast", css: str = "") -> Drawn:
    """The same as `pdf_of`, with what there is to know of its pages."""
    from app.typeset import typeset  # only now: it takes longer to load than most of the service together

    return typeset(*document_of(body, title=title, language=language, author=author, css=css))


def document_of(body: Markup, *, title: str, language: str, author: str, css: str) -> tuple[str, str]:
    """The whole HTML document, and its CSS with the fonts that it needs."""
    values = {"language": language, "title": title, "author": author}
    page = _PAGE.substitute(body=body, **{name: escape(value) for name, value in values.items()})
    style = BASE_CSS + css
    return page, faces_for(page + style) + style
