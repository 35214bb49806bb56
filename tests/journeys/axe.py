"""Checks a page with axe-core against WCAG 2.2, levels A and AA."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
PLACES = (ROOT / "var" / "axe" / "axe.min.js", ROOT / "node_modules" / "axe-core" / "axe.min.js")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


@cache
def _source() -> str:
    return next(place for place in PLACES if place.exists()).read_text()


def violations_of(page: Page) -> list[str]:
    """One line for each violation: the rule, what is wrong, and where."""
    # Evaluated, not added as a script: the page's own policy lets no other script in.
    page.evaluate(_source() + "; undefined")
    found = page.evaluate(
        "levels => axe.run({runOnly: {type: 'tag', values: levels}, resultTypes: ['violations']})", LEVELS
    )
    return [_line(violation) for violation in found["violations"]]


def _line(violation: dict[str, Any]) -> str:
    where = ", ".join(str(node["target"]) for node in violation["nodes"][:5])
    return f"{violation['id']}: {violation['help']} at {where}"
