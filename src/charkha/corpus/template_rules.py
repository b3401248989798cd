"""What a template that carries words leaves in the prose. Which name has which rule: template_names.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from charkha.corpus.marks import BREAK, GAP, PIPE, guard

if TYPE_CHECKING:
    from charkha.corpus.templates import Expander

_OUTSIDE = re.compile(r"\[\[|\{\{|<")


class Args:
    """Raw arguments of one call, in order; the later of two with one name counts, as in MediaWiki."""

    __slots__ = ("raw",)

    def __init__(self, parts: list[str]) -> None:
        self.raw: dict[str, str] = {}
        number = 0
        for part in parts:
            equals = part.find("=")
            if equals >= 0:
                mark = _OUTSIDE.search(part, 0, equals)
                if mark is not None and mark[0] != "<":
                    equals = -1  # the "=" stands inside a link or a template
            if equals >= 0:
                self.raw[part[:equals].strip()] = part[equals + 1 :]
            else:
                number += 1
                self.raw[str(number)] = part

    def items(self) -> Iterator[tuple[str, str]]:
        """Names and raw values."""
        return iter(self.raw.items())

    def get(self, *names: str) -> str:
        """The first of these arguments that is not blank, raw."""
        for name in names:
            if (value := self.raw.get(name, "")).strip():
                return value
        return ""

    def positional(self) -> list[str]:
        """Unnamed (or numbered) arguments in order, raw."""
        values = []
        number = 1
        while (value := self.raw.get(str(number))) is not None:
            values.append(value)
            number += 1
        return values


Rule: TypeAlias = "Callable[[Args, Expander], str]"


def _first(args: Args, page: Expander) -> str:
    return page.value(args.get("1", "text", "content")) or GAP


def _second(args: Args, page: Expander) -> str:
    if args.get("1").strip().lower().endswith(_MEDIA) and not args.get("2"):
        return GAP  # a sound without words
    return page.value(args.get("2", "text", "1")) or GAP


def _last(args: Args, page: Expander) -> str:
    filled = [value for value in args.positional() if value.strip()]
    return page.value(filled[-1] if filled else args.get("text", "content")) or GAP


def _lang(args: Args, page: Expander) -> str:
    """{{lang|hi|text}}; {{langx|hi|text|translit}}."""
    return page.value(args.get("2", "text")) or GAP


def _joined(args: Args, page: Expander) -> str:
    return "".join(page.value(value) for value in args.positional()) or GAP


def _spaced(args: Args, page: Expander) -> str:
    return " ".join(filter(None, map(page.value, args.positional()))) or GAP


def _date(args: Args, page: Expander) -> str:
    """{{birth date|1861|5|7}} -> 1861-5-7, in the digits it was written in; a date in words stays as it is."""
    raw = args.positional()[:3] or [args.get("year"), args.get("month"), args.get("day")]
    parts = [value for value in map(page.value, raw) if value]
    if not parts:
        return GAP
    if all(part.isdecimal() for part in parts):
        return "-".join(parts)
    named = len(parts) == 3 and parts[0].isdecimal() and parts[2].isdecimal()  # {{birth date|1861|May|7}}
    return " ".join(parts[::-1]) if named else parts[0]


def _as_of(args: Args, page: Expander) -> str:
    """{{as of|2011|3|5}} -> As of 5 March 2011; other wikis word it in their own ways: the date is what a sentence needs."""
    if alt := page.value(args.get("alt")):
        return alt
    parts = [value for value in map(page.value, args.positional()[:3]) if value]
    if not parts or page.found.names.wiki != "en":
        return _date(args, page)
    if len(parts) > 1 and parts[1].isdecimal() and 1 <= int(parts[1]) <= 12:
        parts[1] = _MONTHS[int(parts[1]) - 1]
    since = page.value(args.get("since"))
    lower = bool(args.get("lc"))
    words = ("since " if lower else "Since ") if since else ("as of " if lower else "As of ")
    return words + " ".join(parts[::-1]) + page.value(args.get("post"))


_MONTHS = "January February March April May June July August September October November December".split()
NUMBER = re.compile(r"[-+−]?[\d.,٫٬/⁄+]*[\d½¼¾⅓⅔⅛](?:e[-+−]?\d+)?\.?", re.IGNORECASE)
_SEPARATORS = {
    "-": "–", "–": "–", "−": "–", "to": " to ", "to(-)": " to ", "and": " and ", "and(-)": " and ", "or": " or ",
    "by": " by ", "x": " × ", "×": " × ", "xx": " × ", "+/-": " ± ", "±": " ± ", "+": " + ", "to about": " to about ",
    "থেকে": " থেকে ", "से": " से ", "ते": " ते ", "முதல்": " முதல் ", "নিংশ": " – ",
}  # fmt: skip
UNITS = {
    "km2": "km²", "m2": "m²", "cm2": "cm²", "mm2": "mm²", "ft2": "sq ft", "sqft": "sq ft", "sqmi": "sq mi", "mi2": "sq mi",
    "sqkm": "km²", "sqm": "m²", "km3": "km³", "m3": "m³", "cm3": "cm³", "cuft": "cu ft", "cumi": "cu mi", "C": "°C",
    "F": "°F", "km/h": "km/h", "kph": "km/h", "hectare": "ha", "mph": "mph", "m3/s": "m³/s", "cuft/s": "cu ft/s",
    "kg/m3": "kg/m³", "deg": "°", "in": "in", "PD/sqkm": "/km²", "/sqkm": "/km²", "/km2": "/km²", "/sqmi": "/sq mi",
}  # fmt: skip


def _convert(args: Args, page: Expander) -> str:
    """{{convert|30|km|mi}} -> 30 km; {{convert|5|to|8|ft}} -> 5 to 8 ft; {{convert|5|ft|6|in|m}} -> 5 ft 6 in."""
    values = [page.value(value) for value in args.positional()]
    if not values or not NUMBER.fullmatch(values[0]):
        return values[0] if values and values[0] else GAP
    shown, at = values[0], 1
    while at + 1 < len(values) and values[at] in _SEPARATORS and NUMBER.fullmatch(values[at + 1]):
        shown += _SEPARATORS[values[at]] + values[at + 1]
        at += 2
    if at < len(values) and values[at]:
        power = _POWER.match(values[at])
        shown += _power(power[1], page) + _unit(values[at][power.end() :]) if power else _unit(values[at])
        at += 1
    while (
        at + 1 < len(values)
        and NUMBER.fullmatch(values[at])
        and values[at + 1] in ("in", "ft", "lb", "oz", "yd", "mi")
    ):
        shown += f" {values[at]} {values[at + 1]}"
        at += 2
    return shown


_POWER = re.compile(r"e(\d{1,2})(?=[a-zA-Z(])")
_ENGLISH_POWERS = {"3": " thousand", "6": " million", "9": " billion", "12": " trillion"}


def _power(power: str, page: Expander) -> str:
    """{{convert|1.5|e6km2}} -> 1.5 million km²; without a word for it, 1.5×10^6 km²."""
    return (_ENGLISH_POWERS.get(power) if page.found.names.wiki == "en" else None) or f"×10^{power}"


def _unit(code: str) -> str:
    unit = UNITS.get(code, code)
    return unit if unit[0] in "°/%" else f" {unit}"


def _coordinates(args: Args, page: Expander) -> str:
    values = [page.value(value) for value in args.positional()]
    point = read_point([value for value in values if value not in ("primary", "secondary")])
    found = page.found
    of_title = "primary" in values or "title" in args.get("display") or args.get("display").strip() == "t"
    if point and (not found.coordinates or (of_title and not found.coordinates_of_title)):
        found.coordinates, found.coordinates_of_title = point, of_title
    return GAP


def read_point(values: list[str]) -> list[float]:
    """[latitude, longitude] in degrees from the arguments of {{coord}}; empty when they are no coordinates."""
    numbers: list[float] = []
    halves: list[float] = []
    for value in values:
        mark = value.strip().rstrip(".:ঃः").upper()
        if mark in _POSITIVE or mark in _NEGATIVE:
            degrees = sum(part / 60**power for power, part in enumerate(numbers))
            halves.append(-abs(degrees) if mark in _NEGATIVE else degrees)
            numbers = []
            continue
        try:
            numbers.append(float(mark.replace("−", "-")))
        except ValueError:
            break
    if not halves and len(numbers) >= 2:
        halves = numbers[:2]
    if len(halves) < 2 or abs(halves[0]) > 90 or abs(halves[1]) > 180:
        return []
    return [round(halves[0], 6), round(halves[1], 6)]


# North and east, south and west: in Latin letters, and as each of the languages writes and shortens them.
_POSITIVE = frozenset(
    "N E উ পূ উত্তর পূর্ব উত্তৰ পূৰ্ব उ उत्तर पू पूर्व வ கி வடக்கு கிழக்கு ఉ తూ ఉత్తర తూర్పు ಉ ಪೂ ಉತ್ತರ ಪೂರ್ವ വ കി വടക്ക് കിഴക്ക് "
    "ઉ પૂ ઉત્તર પૂર્વ ਉ ਪੂ ਉੱਤਰ ਪੂਰਬ ଉ ପୂ ଉତ୍ତର ପୂର୍ବ شمال مشرق شمالی مشرقی".split()
)
_NEGATIVE = frozenset(
    "S W দ প দক্ষিণ পশ্চিম द प दक्षिण पश्चिम தெ மே தெற்கு மேற்கு ద ప దక్షిణ పడమర ದ ಪ ದಕ್ಷಿಣ ಪಶ್ಚಿಮ തെ പ തെക്ക് പടിഞ്ഞാറ് "
    "દ પ દક્ષિણ પશ્ચિમ ਦ ਪ ਦੱਖਣ ਪੱਛਮ ଦ ପ ଦକ୍ଷିଣ ପଶ୍ଚିମ جنوب مغرب جنوبی مغربی".split()
)


def _disambiguation(args: Args, page: Expander) -> str:
    page.found.disambiguation = True
    return GAP


# What the words of a quotation are called, in the languages that do not keep the English name.
_QUOTED = "উক্তি পাঠ্য লেখা উদ্ধৃতি पाठ उद्धरण कथन उक्ति मजकूर متن اقتباس قول".split()


def _quote(args: Args, page: Expander) -> str:
    text = page.value(args.get("text", "1", "quote", *_QUOTED, "content"))
    if text in ("left", "right", "center", "centre"):  # {{rquote|right|text}}
        text = page.value(args.get("2"))
    return f"\n\n{text}\n\n" if text else GAP


def _verse(args: Args, page: Expander) -> str:
    return "\n\n" + _first(args, page).replace("\n", BREAK) + "\n\n"


def _items(mark: str) -> Rule:
    def rule(args: Args, page: Expander) -> str:
        values = [value for value in map(page.value, args.positional()) if value and value != GAP]
        if len(values) == 1 and values[0].lstrip()[:1] in "*#":
            return f"\n{values[0].strip()}\n"
        return "\n" + "\n".join(f"{mark} {value}" for value in values) + "\n" if values else GAP

    return rule


def _height(args: Args, page: Expander) -> str:
    """{{height|m=1.75}} -> 1.75 m; {{height|ft=5|in=6}} -> 5 ft 6 in."""
    units = ("m", "cm", "ft", "in", "kg", "lb", "st")
    return " ".join(f"{page.value(value)} {name}" for name, value in args.items() if name in units) or GAP


def _inline_list(args: Args, page: Expander) -> str:
    return ", ".join(filter(None, map(page.value, args.positional()))) or GAP


def _block(args: Args, page: Expander) -> str:
    """A wrapper around whole paragraphs or lists: columns, boxes."""
    text = page.value(args.get("content", "2", "1"))
    return f"\n{text}\n" if text else GAP


def _images(args: Args, page: Expander) -> str:
    """Captions have names of their own, or each follows the file that it belongs to ({{gallery|File:a.jpg|caption}})."""
    for name, value in args.items():
        if name.isdecimal() and args.get(str(int(name) - 1)).strip().lower().endswith(_MEDIA):
            page.found.caption(page.value(value))
        if name.rstrip("0123456789").lower() in ("caption", "footer", "পাদটীকা", "শিরোনাম", "description"):
            page.found.caption(page.value(value))
    return GAP


_MEDIA = (
    ".jpg",
    ".jpeg",
    ".png",
    ".svg",
    ".gif",
    ".tif",
    ".tiff",
    ".webp",
    ".webm",
    ".ogv",
    ".ogg",
    ".pdf",
    ".djvu",
)


def _wide_image(args: Args, page: Expander) -> str:
    page.found.caption(page.value(args.get("caption", "3")))
    return GAP


def prefixed(mark: str) -> Rule:
    """The rule of a template that sets a mark before its argument."""

    def rule(args: Args, page: Expander) -> str:
        text = page.value(args.get("1"))
        if text and mark in ("r. ", "fl. ") and (end := page.value(args.get("2"))):
            text += f"–{end}"
        if text and (unit := _RUPEE_UNITS.get(args.get("2").strip()) if mark == "₹" else None):
            text += f" {unit}"
        return mark + text if text else mark if unicodedata.category(mark[-1]) == "Sc" else GAP

    return rule


_RUPEE_UNITS = {
    "k": "thousand", "t": "thousand", "l": "lakh", "m": "million", "c": "crore", "b": "billion", "lc": "lakh crore",
}  # fmt: skip


def constant(text: str) -> Rule:
    """The rule of a template that stands for one text."""

    def rule(args: Args, page: Expander) -> str:
        return text

    return rule


def _circa(args: Args, page: Expander) -> str:
    years = [value for value in map(page.value, args.positional()[:2]) if value]
    mark = "আনু." if page.found.names.wiki == "bn" else "c."
    return " – ".join(f"{mark} {year}" for year in years) or mark


def _fraction(args: Args, page: Expander) -> str:
    values = [value for value in map(page.value, args.positional()) if value]
    if len(values) == 1:
        return "1/" + values[0]
    return (f"{values[0]} " if len(values) == 3 else "") + "/".join(values[-2:]) if values else GAP


def _value_unit(args: Args, page: Expander) -> str:
    number, unit = page.value(args.get("1")), page.value(args.get("u", "ul"))
    power = page.value(args.get("e"))
    return number + (f"×10^{power}" if power else "") + (f" {unit}" if unit else "") or GAP


def _link(args: Args, page: Expander) -> str:
    """{{ill|Title|en|Other title|lt=shown}}: a link that MediaWiki draws when the page comes to exist."""
    title, shown = page.value(args.get("1")), page.value(args.get("lt", "label", "nom"))
    return f"[[{title}|{shown}]]" if title and shown else f"[[{title}]]" if title else GAP


def _sortname(args: Args, page: Expander) -> str:
    """{{sortname|First|Last|Title}}: a linked name."""
    name = " ".join(filter(None, (page.value(args.get(key)) for key in "12")))
    return name if args.get("nolink") or not name else f"[[{page.value(args.get('3')) or name}|{name}]]"


def _web_address(args: Args, page: Expander) -> str:
    return page.value(args.get("2", "1")) or GAP


def _nihongo(args: Args, page: Expander) -> str:
    shown = page.value(args.get("1"))
    rest = [value for value in map(page.value, (args.get("2"), args.get("3"))) if value]
    return f"{shown} ({', '.join(rest)})" if shown and rest else shown or ", ".join(rest) or GAP


def _zh(args: Args, page: Expander) -> str:
    """{{zh|s=中国|t=中國|p=Zhōngguó}} -> 中国; 中國; Zhōngguó."""
    keys = ("1", "c", "s", "t", "p", "w", "j", "y", "poj", "tp")
    return "; ".join(dict.fromkeys(filter(None, (page.value(args.get(key)) for key in keys)))) or GAP


def _marriage(args: Args, page: Expander) -> str:
    person, year, end = (page.value(args.get(name)) for name in "123")
    when = "–".join(filter(None, (year, end)))
    return f"{person} ({when})" if when else person or GAP


def _guarded(args: Args, page: Expander) -> str:
    return guard(args.get("1").strip()) or GAP


def _spaces(args: Args, page: Expander) -> str:
    return " "


RULES: dict[str, Rule] = {
    "first": _first, "second": _second, "last": _last, "lang": _lang, "joined": _joined, "spaced": _spaced, "date": _date,
    "as_of": _as_of, "convert": _convert, "coordinates": _coordinates, "disambiguation": _disambiguation,
    "quote": _quote, "verse": _verse, "list": _items("*"), "ordered_list": _items("#"), "height": _height, "inline_list": _inline_list, "block": _block, "images": _images,
    "wide_image": _wide_image, "circa": _circa, "fraction": _fraction, "value_unit": _value_unit, "link": _link,
    "web_address": _web_address, "nihongo": _nihongo, "marriage": _marriage, "zh": _zh, "sortname": _sortname, "guarded": _guarded, "spaces": _spaces,
}  # fmt: skip
CONSTANTS = {
    "!": PIPE, "=": "=", "!!": PIPE + PIPE, "(": "{", ")": "}", "'": guard("'"), "`": "`", "\\": " / ", "·": " · ", "•": " • ", "*": " • ",
    "((": guard("{{"), "))": guard("}}"), "!-": PIPE + "-", "br": BREAK, "crlf": BREAK, "break": BREAK, "pb": "\n\n",
    "paragraph break": "\n\n", "-": "\n", "clear": "\n",
}  # fmt: skip
