"""What personal data look like when it is written by a rule: addresses, telephones, numbers of papers."""

from __future__ import annotations

import re
from typing import NamedTuple

EMAIL, PHONE, ADDRESS, NAME, NUMBER, LINK = (
    "[e-mail]",
    "[phone]",
    "[address]",
    "[name]",
    "[number]",
    "[link]",
)

_AT = r"(?:\s*@\s*|\s*[\[({<]\s*at\s*[\])}>]\s*|\s+at\s+|\s+arroba\s+)"
_DOT = r"(?:\s*\.\s*|\s*[\[({<]\s*dot\s*[\])}>]\s*|\s+dot\s+|\s+punto\s+)"
_TOP = r"(?:com|org|net|edu|gov|us|info|biz|io|co|mx|me|app|dev|uk|ca|mil|email|example|test)"
_SITE = r"(?:instagram|insta|ig|snap|snapchat|tiktok|twitter|facebook|fb|whatsapp|telegram|venmo|cashapp)"
WAY = (
    r"(?:street|str|st|avenue|aven|ave|av|road|rd|boulevard|blvd|lane|ln|terrace|circle|cir|parkway|pkwy|"
    r"highway|hwy|alley|trail|trl|plaza|plz|crescent|pike)"
)
_WAY_WRITTEN = (
    r"(?:Drive|Dr|DR|Court|Ct|CT|Place|Pl|PL|Way|Square|Sq|Loop|Row|Path|Run|Walk|Ter|Terrace|Broadway)"
)
_NO_STREET = (
    r"(?!(?:of|on|in|at|to|the|our|my|your|their|a|an|and|or|for|from|this|that|off|by|with|was|were|is|are|"
    r"way|side|end|block|people|cars?|officers?|cops?|kids|times?|days?|years?|hours?|minutes?|months?|weeks?)\b)"
)
_UNIT = (
    r"(?:\s*,?\s*(?:apt|apartment|unit|suite|ste|room|rm|floor|fl|bldg|building|lot|trailer|\#)"
    r"\.?\s*\#?\s*[\w-]+)"
)
_SIDE = r"(?:[NSEW]\.?|north|south|east|west|[ns][ew])"
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th)"
_LETTERS = r"[^\W\d_][\w'’.-]*"
_PAPER = (
    r"(?:case|report|incident|badge|licen[sc]e\s+plate|plate|driver'?s\s+licen[sc]e|licen[sc]e|tag|ssn|"
    r"social\s+security|social|citation|ticket|warrant|docket|account|acct|id|member|vin|passport)"
)
_CALLED = r"(?:numbers?|num|no\.?|nr\.?|id|\#|:|is|was|ends?\s+in|ending\s+in)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_DATE = (
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|"
    rf"{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}}|\d{{1,2}}\s+{_MONTH}\s+\d{{2,4}})"
)
_BORN = r"(?:d\.?o\.?b\.?|born(?:\s+on)?|birth\s?day|birth\s?date|date\s+of\s+birth|nac(?:ido|ida|í)\s+el)"
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_YEARS_OR_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}(?!\d)|(?:19|20)\d\d\s?[–-]\s?(?:19|20)\d\d(?!\d)|"
    r"\d{1,2}[-.]\d{1,2}[-.]\d{4}(?!\d))"
)
_HANDLE = r"(?<![\w.\[])(?!\d+(?:st|nd|rd|th)?\b)(?=[\w.]*[a-z])(?=[\w.]*[\d_]|\w+\.\w)[\w.]{3,}"
_LIVES = (
    r"\b(?:(?:liv|resid|stay)(?:e|es|ed|s|ing)?\s+at|address(?:\s+is|\s*:)|"
    r"(?:house|home|building|place|store|parties|party|dealers?|dealing|lot|car)\s+at)\s+"
)
_KNOWN_STREET = (
    r"(?:oak|elm|maple|pine|cedar|walnut|cherry|chestnut|birch|spruce|willow|washington|jefferson|lincoln|"
    r"madison|monroe|adams|franklin|roosevelt|kennedy|martin\s+luther|mlk|grand\s+\w+|broadway|main)"
)
_NO_NUMBER = (
    r"(?!(?:am|pm|a\.m|p\.m|percent|years?|people|minutes|hours|days|times|o'clock|near|next|since|where|who|"
    r"which|i|we|he|she|they|it|but|because|so|when|if|close|across|behind|there|here|now|not)\b)"
)
_DIGIT = "[\\doOlI]"
_DEGREES = r"[-+]?\d{1,3}\.\d{3,}\s*°?"

# A pattern is case-insensitive unless it says (?-i:...).
_LINKS = (
    (r"\b(?:https?|ftp)://\S+|\bwww\.\S+", LINK),
    (rf"(?<![\w.+%'-])[\w.+%'-]+{_AT}(?:[\w-]+{_DOT})+[a-z]{{2,}}\b", EMAIL),
    (r"(?<![^\s@\[\]])[^\s@\[\]]+@[^\s@\[\]]+", EMAIL),
    (rf"(?<![\w.-])(?:[a-z0-9-]+\.)+{_TOP}\b(?:/\S*)?", LINK),
    (r"(?<!\w)@\w[\w.]*", NAME),
)
_HANDLES = (
    (rf"\b{_SITE}(?:\s*(?::|handle|user(?:name)?|@)\s*(?:is\s)?)+(?!\[)[\w.$-]+", NAME),
    (rf"\b(?:my|his|her|their|our)\s+{_SITE}\s+is\s+(?!\[)[\w.$-]+", NAME),
    (rf"{_HANDLE}(?=\s+on\s+{_SITE}\b)", NAME),
    (rf"\b({_SITE}\s+(?:(?:as|under|named|called|is)\s+)?){_HANDLE}", rf"\1{NAME}"),
)
_SPELLED = (
    (
        rf"\b(?:(?:{_SPOKEN}|\d)[\s,.-]+){{6,}}(?:{_SPOKEN}|\d+)\b|\b(?:{_SPOKEN}[\s,.-]+){{3,}}\d{{4}}\b",
        PHONE,
    ),
)
_LETTERED = ((r"\b(?:apt|apartment|unit)\.?\s*\#?\s*[a-z]\b", ADDRESS),)
_WITH_DIGITS = (
    (rf"\b{_BORN}[\s:,is]*{_DATE}", NUMBER),
    (rf"{_DEGREES}\s*[NS]?\s*[,;/ ]\s*{_DEGREES}\s*[EW]?", NUMBER),
    (r"\d{1,3}\s*°\s*\d{1,2}\s*['′]\s*[\d.]*\s*[\"″]?\s*[NSEW]\b", NUMBER),
    (r"\b\d{3}[-. ]\d{2}[-. ]\d{4}\b", NUMBER),
    (r"\bp\.?\s*o\.?\s*box\s*\#?\s*\d+", ADDRESS),
    (
        rf"\b\d{{1,6}}[a-z]?(?:-\d+)?(?:\s+1/2)?\s+(?:{_SIDE}\s+)?{_NO_STREET}(?:{_ORDINAL}|{_LETTERS})"
        rf"(?:\s+{_NO_STREET}{_LETTERS})?\s+{WAY}\b\.?(?:\s+{_SIDE}\b)?{_UNIT}?",
        ADDRESS,
    ),
    (
        rf"\b\d{{1,6}}[a-z]?\s+(?-i:(?:[A-Z0-9][\w'’.-]*\s+){{1,5}})(?:(?-i:{_WAY_WRITTEN})|{WAY})\b\.?"
        rf"(?:\s+{_SIDE}\b)?{_UNIT}?",
        ADDRESS,
    ),
    (
        rf"\b\d{{1,6}}\s+(?:{_SIDE}\s+)?(?:{_ORDINAL}|broadway|main)\b(?!\s+(?:time|day|year|grade|of)){_UNIT}?",
        ADDRESS,
    ),
    (
        rf"\b(?!(?:911|311|211|411|988|(?:19|20)\d\d)\b)\d{{2,5}}\s+(?:{_SIDE}\s+)?{_KNOWN_STREET}\b"
        rf"(?!\s+(?:residents|voters|neighbors|students|members))(?:\s+{WAY}\b\.?)?{_UNIT}?",
        ADDRESS,
    ),
    (rf"\b\d{{1,6}}\s+[nsew](?:\.\s*|\s+){_NO_STREET}[^\W\d_]{{3,}}(?:\s+{WAY}\b\.?)?{_UNIT}?", ADDRESS),
    (r"(?<!\ba\s)\b(?:lot|trailer)\s*\#?\s*\d{1,4}[a-z]?\b(?!\s+(?:of|cars|people))", ADDRESS),
    (
        rf"({_LIVES})\d{{1,6}}[a-z]?\s+(?:{_SIDE}\s+)?{_NO_STREET}{_NO_NUMBER}{_LETTERS}"
        rf"(?:\s+{_NO_STREET}{_NO_NUMBER}{_LETTERS})?{_UNIT}?",
        rf"\1{ADDRESS}",
    ),
    (
        rf"\b\d{{1,6}}\s+(?:{_SIDE}\s+)?(?:{_NO_STREET}{_LETTERS}\s*,?\s+){{1,3}}"
        r"(?:apt|apartment|unit|suite|ste)\b\.?\s*\#?\s*(?:\d+[a-z]?|[a-z])\b",
        ADDRESS,
    ),
    (
        r"\b(?:calle|avenida|av\.|camino|paseo|rue|rua)\s+(?:(?:de|del|la|las|los|el)\s+)*[^\W\d_][\w'’-]*"
        r"(?:\s+[^\W\d_][\w'’-]*)?\s*,?\s*(?:\#|n[oº°]\.?\s*)?\d{1,5}\b",
        ADDRESS,
    ),
    (r"\b(?:apt|apartment|unit|suite|ste)\.?\s*\#?\s*\d+[a-z]?\b", ADDRESS),
    (rf"\b(?:the\s+)?\d{{1,5}}\s+block\s+of\s+(?:{_SIDE}\s+)?[\w'’.-]+(?:\s+{WAY}\b)?", ADDRESS),
    (
        r"\b(?:licen[sc]e\s+)?plates?(?:\s*(?:number|no\.?|is|was|\#|:))*\s+[a-z]{1,3}[\s-]?\d{2,4}[a-z]*\b",
        NUMBER,
    ),
    (rf"\b{_PAPER}\s*(?:{_CALLED}[\s\#:]*)+(?=[\w-]*\d)[a-z0-9][\w-]*(?:\s+\d[\w-]*)*", NUMBER),
    (rf"\b{_PAPER}\s+(?=[\w-]*\d[\w-]*\d[\w-]*\d)[a-z0-9][\w-]*", NUMBER),
    (r"\#\s?(?:\d{2,}[a-z]?|\d[a-z])\b", NUMBER),
    (r"\b((?:officers?|ofc|deputy|trooper|cruiser|squad\s+car|patrol\s+car)\.?\s+)\d{3,5}\b", rf"\1{NUMBER}"),
    (r"(?:\+|\b00)\d[\d\s().-]{6,}\d", PHONE),
    (
        r"(?<![\w])(?:1[\s.-]*)?\(?\b\d{3}\)?[\s.–—/-]*\d{3}[\s.–—-]*\d{4}(?:\s*(?:x|ext\.?|extension)\s*\d+)?(?!\d)",
        PHONE,
    ),
    (r"(?<![\w-])\d{3}[\s.–—-]{1,3}\d{4}(?![\w])", PHONE),
    (
        rf"(?<![\w-])(?=(?:[oOlI().\s–—-]{{0,6}}\d){{4}})(?:\(?{_DIGIT}{{3}}\)?[\s.–—-]{{1,3}})?"
        rf"{_DIGIT}{{3}}[.–—-]{_DIGIT}{{4}}(?!\w)",
        PHONE,
    ),
    (rf"(?<![\w/-])(?!{_YEARS_OR_DATE})(?:\d[\s().–—-]{{0,2}}){{7,}}\d(?!\w)", PHONE),
    (
        r"(?<![\w\#])\#?(?:\d{5,}|(?:[a-z]{1,5}-){0,3}[a-z]{1,4}-?\d{3,}[\w-]*"
        r"|\d{1,4}-?[a-z]{2,4}-?\d{2,}[\w-]*)(?!\w)",
        NUMBER,
    ),
)

_GROUPS = (
    (r"@|://|\.\w|\bat\b|\barroba\b", _LINKS),
    (rf"\b{_SITE}\b", _HANDLES),
    (rf"\b{_SPOKEN}[\s,.-]+(?:{_SPOKEN}|\d)|\d\D+\d", _SPELLED),
    (r"\d", _WITH_DIGITS),
    (r"\b(?:apt|apartment|unit)\b", _LETTERED),
)


class Group(NamedTuple):
    """Patterns in order, each with its placeholder, and what a text must have for any of them to match."""

    needed: re.Pattern[str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]


GROUPS = tuple(
    Group(
        re.compile(needed, re.IGNORECASE),
        tuple((re.compile(pattern, re.IGNORECASE), placeholder) for pattern, placeholder in written),
    )
    for needed, written in _GROUPS
)
