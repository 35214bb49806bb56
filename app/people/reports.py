"""What a command says of an import: lines to read, or JSON, and an exit status. No identity is in it."""

from typing import Any

from app.people import imports
from app.people.import_models import ImportFile
from tenants.db import Json

FAILED, REFUSED, WAITS = 1, 3, 4
_FAILURES = ("failed", "cancelled")


def status_of(found: ImportFile) -> int:
    """How the command ends.

    0 all is fine; 1 nothing was brought in; 3 some rows were refused; 4 something waits for somebody; 7 both.
    """
    if found.state in _FAILURES:
        return FAILED
    refused = REFUSED if found.counts.get("refused") else 0
    return refused + (WAITS if asks(found) else 0)


def asks(found: ImportFile) -> list[str]:
    """What somebody has to decide before all of the file is in, in sentences."""
    asked = []
    if found.state == "mapping":
        asked.append("Say which column of the file is which.")
    if found.doubts and not found.vouched_by:
        asked += ["Say whether this is the right file.", *found.doubts]
    if found.counts.get("waits"):
        asked.append("Decide whom the waiting rows are about.")
    return asked


def as_json(found: ImportFile, url: str) -> Json:
    """The report as docs/import-report.schema.json describes it. `url` is the import's page."""
    counts = found.counts
    return {
        "import": found.id,
        "url": url,
        "source": found.source,
        "kind": found.kind,
        "file": found.file_name,
        "data_date": found.data_date.isoformat(),
        "whole": found.whole,
        "by": found.brought_by,
        "state": found.state,
        "saved": found.state == "done",
        "problem": found.problem,
        "rows": found.rows,
        "counts": {outcome: int(counts.get(outcome, 0)) for outcome in imports.OUTCOMES},
        "no_longer_in_the_list": counts.get("no longer in the list"),
        "reasons": counts.get("reasons", {}),
        "notes": counts.get("notes", {}),
        "asks": asks(found),
        "exit": status_of(found),
    }


def as_lines(found: ImportFile, url: str) -> list[str]:
    """The report line by line."""
    if found.state in _FAILURES:
        return [f"Nothing was brought in. {found.problem}"]
    lines = [] if found.state == "mapping" else _counted(found.counts, found.rows)
    lines += asks(found)
    return [*lines, _ended(found), url]


def _counted(counts: Any, rows: int) -> list[str]:
    lines = [f"{rows:>9,} rows"]
    for outcome in imports.OUTCOMES:
        lines.append(f"{counts.get(outcome, 0):>9,} {outcome}")
        reasons = counts.get("reasons", {}).get(outcome, {})
        lines += [f"{count:>14,} {reason}" for reason, count in reasons.items()]
    gone = counts.get("no longer in the list")
    return lines if gone is None else [*lines, f"{gone:>9,} no longer in the list"]


def _ended(found: ImportFile) -> str:
    if found.state == "done":
        return "Saved."
    return "Not saved. It waits to be looked at and saved in the browser:"
