"""The languages that people's systems write as codes, by name. Source: ISO 639-1; BSL: ISO 639-3."""

LANGUAGES = {
    "en": "English",
    "pl": "Polish",
    "pa": "Panjabi",
    "ro": "Romanian",
    "ne": "Nepali",
    "bfi": "British Sign Language",
}
