"""The people of a programme as a CSV file, for a purpose that is asked and kept.

It says no more than the list on the page does to the same person. It holds no addresses and no telephone
numbers, for nobody: whom to text, write to or ring is asked of the outreach rules each time, and a file that
lies about would not know of an opt-out that came after it.
"""

import csv
import io

from sqlalchemy import or_, select

from app import clock
from app.cohorts.participants import Listed, Sight, Wanted, each
from app.people.data_opt_outs import KINDS, people_with
from app.people.models import Person
from app.people.rules import formula_safe
from tenants.db import db

NAMED = ("NHS number", "Name", "Date of birth")
ALWAYS = ("Pseudonym", "Status", "Since", "Wave")
DIRECT_CARE = "Direct care of these people"
PURPOSES = (
    DIRECT_CARE,
    "Planning the programme",
    "Checking the data",
    "Audit or quality improvement",
    "Another purpose",
)


def file_of(programme_id: int, wanted: Wanted, sight: Sight, purpose: str) -> tuple[str, int]:
    """The CSV text of everybody that is wanted, and how many people it holds.

    The columns of names are there only for those who may see somebody's. For another purpose than direct care
    nobody is named who opted out of the use of their data. No cell begins with what a spreadsheet would run
    as a formula.
    """
    unnamed = unnamed_for(purpose)
    titles = [*(NAMED if sight.released else ()), *(("Practice",) if sight.told else ()), *ALWAYS]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    count = 0
    for line in each(programme_id, wanted, sight):
        cells = _cells(line) | (dict.fromkeys(NAMED, "") if line.pseudonym in unnamed else {})
        writer.writerow([formula_safe(cells[title]) for title in titles])
        count += 1
    return out.getvalue(), count


def unnamed_for(purpose: str) -> frozenset[str]:
    """The pseudonyms of those whom no file for that purpose names: but for direct care, of those with
    a national data opt-out or a Type 1 opt-out, by whoever said so.
    """
    if purpose == DIRECT_CARE:
        return frozenset()
    told = or_(*(Person.id.in_(people_with(kind)) for kind in KINDS))
    return frozenset(db.session.scalars(select(Person.pseudonym).where(or_(Person.type1_opt_out, told))))


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
