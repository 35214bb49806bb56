"""The kinds of file that can be brought in."""

from app.people import entries, events, patients
from app.people.understanding import Kind

KINDS: dict[str, Kind] = {
    "people": patients.KIND,
    "events": events.KIND,
    "service": entries.SERVICE,
    "named": entries.NAMED,
    "council": entries.COUNCIL,
}
