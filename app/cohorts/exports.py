"""The people of a programme as a CSV file, for a purpose that is asked and kept.

It says no more than the list on the page does to the same person. It holds no addresses and no telephone
numbers, for nobody: whom to text, write to or ring is asked of the outreach rules each time, and a file that
lies about would not know of an opt-out that came after it.
"""

import csv
import io

from app import clock
from app.cohorts.participants import Listed, Sight, Wanted, each
from app.people.rules import formula_safe

NAMED = ("NHS number", "Name", "Date of birth")
ALWAYS = ("Pseudonym", "Status", "Since", "Wave")
PURPOSES = (
    "Direct care of these people",
    "Planning the programme",
    "Checking the data",
    "Audit or quality improvement",
    "Another purpose",
)


def file_of(programme_id: int, wanted: Wanted, sight: Sight) -> tuple[str, int]:
    """The CSV text of everybody that is wanted, and how many people it holds.

    The columns of names are there only for those who may see somebody's. No cell begins with what a
    spreadsheet would run as a formula.
    """
    titles = [*(NAMED if sight.released else ()), *(("Practice",) if sight.told else ()), *ALWAYS]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    count = 0
    for line in each(programme_id, wanted, sight):
        cells = _cells(line)
        writer.writerow([formula_safe(cells[title]) for title in titles])
        count += 1
    return out.getvalue(), count


def _cells(line: Listed) -> dict[str, str]:
    return {
        "NHS number": line.nhs_number or "",
        "Name": line.name or "",
        "Date of birth": line.born.isoformat() if line.born else "",
        "Practice": line.practice,
        "Pseudonym": line.pseudonym,
        "Status": line.status,
        "Since": clock.local(line.since).date().isoformat(),
        "Wave": str(line.wave),
    }
