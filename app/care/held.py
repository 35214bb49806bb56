"""What is held of a participant: record, measurements, contact details, each with where it came from."""

from dataclasses import dataclass

from sqlalchemy import Text, case, cast, func

from app.care.models import Measurement
from app.people.code_lists import code_list
from app.people.models import Person
from app.people.needs import communication_needs, telephone
from app.people.record import HELD, Origin, Record, columns_of, origins_of, record_of
from app.programmes.models import Participant

# What the instruments of a conversation are called among the measures of the record.
MEASURE_OF = {
    "weight": "weight",
    "height": "height",
    "systolic": "systolic blood pressure",
    "diastolic": "diastolic blood pressure",
    "HbA1c": "HbA1c",
}
# What is shown → the column of a person that says where it came from.
_CONTACT = {
    "Address": "postcode",
    "Mobile": "mobile",
    "Home telephone": "home_phone",
    "Email": "email",
    "Information format": "information_format",
    "Language": "language",
    "Interpreter": "interpreter",
    "Preferred contact": "preferred_contact",
}


@dataclass(frozen=True)
class Detail:
    """One contact detail or need, and where it came from."""

    name: str
    value: str
    origin: Origin | None


def record_of_participant(participant: Participant) -> Record:
    """What is held of a participant, what was measured in the programme's conversations among it."""
    codes = {key: code_list(name).codes[0] for key, name in MEASURE_OF.items()}
    measured = columns_of(
        Measurement,
        HELD,
        code=case(codes, value=Measurement.instrument),
        term=Measurement.instrument,
        on=Measurement.taken_on,
        value=cast(Measurement.value, Text),
        told=func.concat("Measured in this programme by ", Measurement.taken_by),
    )
    return record_of(participant.person_id, measured.where(Measurement.participant_id == participant.id))


def details_of(person: Person) -> list[Detail]:
    """How to reach a person, what they need, and where each came from. A restricted one's address and numbers
    are not among them.
    """
    said = {
        "Address": address_of(person),
        "Mobile": telephone(person.mobile),
        "Home telephone": telephone(person.home_phone),
        "Email": person.email,
    }
    shown = {} if person.sensitive else said
    origins = origins_of(person, *_CONTACT.values())
    return [
        Detail(name, value, origins.get(_CONTACT[name]))
        for name, value in (shown | communication_needs(person)).items()
        if value
    ]


def address_of(person: Person) -> str:
    """The address in one line; empty where there is none."""
    parts = (f"{person.house} {person.street}", person.town, person.postcode)
    return ", ".join(part.strip() for part in parts if part.strip())
