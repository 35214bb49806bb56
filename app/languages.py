"""The languages that people's systems write as codes, by name. Source: ISO 639-1; BSL: ISO 639-3."""

# English, the languages that most people in England have as their main one, and sign language.
# Source: Census 2021, main language; a PCN that needs another has it added here.
LANGUAGES = {
    "en": "English",
    "sq": "Albanian",
    "ar": "Arabic",
    "bn": "Bengali",
    "bg": "Bulgarian",
    "zh": "Chinese",
    "cs": "Czech",
    "fr": "French",
    "el": "Greek",
    "gu": "Gujarati",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ku": "Kurdish",
    "lv": "Latvian",
    "lt": "Lithuanian",
    "ne": "Nepali",
    "pa": "Panjabi",
    "ps": "Pashto",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "so": "Somali",
    "es": "Spanish",
    "ta": "Tamil",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "bfi": "British Sign Language",
}

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ku", "ps", "sd", "ur"})

# As people who speak them write them, and other names in use. In lower case.
OTHER_NAMES = {
    "polski": "pl",
    "ਪੰਜਾਬੀ": "pa",
    "punjabi": "pa",
    "română": "ro",
    "romana": "ro",
    "नेपाली": "ne",
    "bsl": "bfi",
    "shqip": "sq",
    "العربية": "ar",
    "বাংলা": "bn",
    "български": "bg",
    "中文": "zh",
    "čeština": "cs",
    "français": "fr",
    "ελληνικά": "el",
    "ગુજરાતી": "gu",
    "हिन्दी": "hi",
    "magyar": "hu",
    "italiano": "it",
    "kurdî": "ku",
    "latviešu": "lv",
    "lietuvių": "lt",
    "پښتو": "ps",
    "فارسی": "fa",
    "farsi": "fa",
    "português": "pt",
    "русский": "ru",
    "slovenčina": "sk",
    "soomaali": "so",
    "español": "es",
    "தமிழ்": "ta",
    "türkçe": "tr",
    "українська": "uk",
    "اردو": "ur",
    "tiếng việt": "vi",
}


def language_name(code: str) -> str:
    """The language by name; a code that we do not know as it is.

    >>> language_name("pl"), language_name("xx")
    ('Polish', 'xx')
    """
    return LANGUAGES.get(code, code)


def direction(code: str) -> str:
    """In which direction the language is written, as HTML says it.

    >>> direction("ur"), direction("pl")
    ('rtl', 'ltr')
    """
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"
