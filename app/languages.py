"""The languages that people's systems write as codes, by name. Source: ISO 639-1; BSL: ISO 639-3."""

LANGUAGES = {
    "en": "English",
    "pl": "Polish",
    "pa": "Panjabi",
    "ro": "Romanian",
    "ne": "Nepali",
    "bfi": "British Sign Language",
}

# As people who speak them write them, and other names in use. In lower case.
OTHER_NAMES = {
    "polski": "pl",
    "ਪੰਜਾਬੀ": "pa",
    "punjabi": "pa",
    "română": "ro",
    "romana": "ro",
    "नेपाली": "ne",
    "bsl": "bfi",
}


def language_name(code: str) -> str:
    """The language by name; a code that we do not know as it is.

    >>> language_name("pl"), language_name("xx")
    ('Polish', 'xx')
    """
    return LANGUAGES.get(code, code)
