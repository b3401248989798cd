"""What one wiki calls its namespaces, magic words, image options and trailing sections, folded for lookup.

Built once per language from its file (and a dump's siteinfo); parsing only looks names up here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from charkha.corpus.formatnum import Numbers
from charkha.corpus.interwiki import LANGUAGES, PROJECTS
from charkha.corpus.marks import NOTHING
from charkha.corpus.normal import nfc
from charkha.corpus.spelling import fold, loose
from charkha.corpus.template_names import TemplateNames, template_names
from charkha.languages import Language

FILE, TEMPLATE, CATEGORY, MEDIA = 6, 10, 14, -2
LANGLINK, INTERWIKI = 10_001, 10_002  # kinds of prefix that are no namespace of this wiki

# MediaWiki knows these in every language (includes/NamespaceInfo, DefaultSettings).
_CANONICAL = {
    -2: ["Media"], -1: ["Special"], 1: ["Talk"], 2: ["User"], 3: ["User talk"], 4: ["Project", "Wikipedia", "WP"],
    5: ["Project talk", "Wikipedia talk"], 6: ["File", "Image"], 7: ["File talk", "Image talk"], 8: ["MediaWiki"],
    9: ["MediaWiki talk"], 10: ["Template"], 11: ["Template talk"], 12: ["Help"], 13: ["Help talk"], 14: ["Category"],
    15: ["Category talk"], 100: ["Portal"], 101: ["Portal talk"], 828: ["Module"], 829: ["Module talk"],
}  # fmt: skip
_IMAGE_OPTIONS = (
    "thumb thumbnail frame framed enframed frameless border right left none center centre baseline sub super sup top "
    "text-top middle bottom text-bottom upright"
)
_IMAGE_KEYS = "alt= link= lang= page= class= upright= thumb= thumbnail= thumbtime= start= end= width= height="
_EDGES = " :：ঃः.।-–—=*#'\"“”|"  # ঃ and ः end headings where a colon was meant
_JOINED = r"\s*[,،/&;+]\s*|\s+[-–—]\s+"  # between two names in one heading, beside the language's words for "and"


@lru_cache(maxsize=1 << 14)
def fold_heading(title: str) -> str:
    """A heading as trailing sections are compared: spelled loosely, without signs at its ends."""
    return loose(title.strip(_EDGES))


@dataclass(frozen=True)
class Names:
    """One wiki's vocabulary."""

    wiki: str
    spaces: dict[str, int]
    trailing: frozenset[str]
    conjunction: re.Pattern[str]
    image_options: frozenset[str]
    image_keys: tuple[str, ...]
    image_size: re.Pattern[str]
    functions: dict[str, str]
    switches: re.Pattern[str]
    disambiguation: frozenset[str]
    link: re.Pattern[str]
    templates: TemplateNames
    numbers: Numbers
    prefixes: dict[str, int] = field(default_factory=dict)  # a cache of `prefix`

    def prefix(self, name: str) -> int:
        """The namespace that a link's prefix names; LANGLINK, INTERWIKI, or 0 for none."""
        known = self.prefixes.get(name)
        if known is None:
            key = fold(name)
            known = self.spaces.get(key, 0)
            if not known:
                known = LANGLINK if key in LANGUAGES else INTERWIKI if key in PROJECTS else 0
            if len(self.prefixes) < 20_000:  # titles with colons are endless, real prefixes few
                self.prefixes[name] = known
        return known

    def is_trailing(self, title: str) -> bool:
        """Whether a heading opens references, notes, see also, external links, further reading or a gallery, or several."""
        if fold_heading(title) in self.trailing:
            return True
        if title.endswith(")"):  # one name, and in brackets another for it
            name, _, gloss = title[:-1].rpartition("(")
            return self.is_trailing(name) and fold_heading(gloss) in self.trailing
        parts = self.conjunction.split(title)
        return len(parts) > 1 and all(fold_heading(part) in self.trailing for part in parts)

    def is_image_option(self, part: str) -> bool:
        """Whether a part of a file link is an option rather than its caption."""
        option = fold(part)
        return (
            not option
            or option in self.image_options
            or option.startswith(self.image_keys)
            or self.image_size.fullmatch(option) is not None
        )


def _trail(language: Language) -> str:
    """A character class of letters that glue onto a link: those of the script and a-z; no digits, no danda.

    MediaWiki's own linkTrail covers the script in nine of fourteen languages; the suffixes matter in all of them.
    """
    ranges: list[list[int]] = [[ord("a"), ord("z")], [0x200C, 0x200D]]
    for first, last in language.script.ranges:
        for point in range(first, last + 1):
            if unicodedata.category(chr(point))[0] not in "LM":
                continue
            if ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


def _conjunction(language: Language) -> re.Pattern[str]:
    words = ["and", "و", *language.connectives.get("addition", ())]
    return re.compile(rf"{_JOINED}|\s+(?:{'|'.join(map(re.escape, map(nfc, words)))})\s+", re.IGNORECASE)


def _link_pattern(language: Language) -> re.Pattern[str]:
    # A label may hold single brackets ("[[a|b [1]]]"), not another link.
    label = r"(?:\|([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*|\](?!\])[^\[\]]*)*))?"
    return re.compile(rf"\[\[([^\[\]|\n]*){label}\]\]([{_trail(language)}]*){NOTHING}?")


def _image_names(magic: Mapping[str, list[str]]) -> tuple[frozenset[str], tuple[str, ...], re.Pattern[str]]:
    options, keys, units, numbered = set(_IMAGE_OPTIONS.split()), set(_IMAGE_KEYS.split()), {"px"}, {"upright", "page"}
    for key, words in magic.items():
        if not key.startswith("img_"):
            continue
        for word in words:
            if key == "img_width":
                units.add(fold(word.replace("$1", "")))
            elif "=$1" in word:
                keys.add(fold(word.partition("$1")[0]))
            elif "$1" in word:  # "page $1": only a number makes it an option, "page of a book" is a caption
                numbered.add(fold(word.replace("$1", "")))
            else:
                options.add(fold(word))
    unit, number = ("|".join(map(re.escape, sorted(words, key=len, reverse=True))) for words in (units, numbered))
    size = re.compile(rf"(?:\d*\s*[x×]?\s*\d+\s*(?:{unit})?\s*(?:{unit})|(?:{unit})\s*\d+|(?:{number})\s*[\d.]+)")
    return frozenset(options), tuple(sorted(key for key in keys if key.strip())), size


def _functions(magic: Mapping[str, list[str]]) -> dict[str, str]:
    """Parser functions and variables by their folded local names; the English names are their ids."""
    found: dict[str, str] = {}
    for key, words in magic.items():
        for word in (*words, key):
            if not word.startswith("__") and not key.startswith("img_"):
                found.setdefault(fold(word.strip("#:")), key)
    for (
        name
    ) in "if ifeq iferror ifexpr ifexist switch lc uc lcfirst ucfirst formatnum pagename fullpagename tag".split():
        found.setdefault(name, name)
    for name in "defaultsort displaytitle invoke subst safesubst int padleft plural grammar gender ns".split():
        found.setdefault(name, name)
    return found


def _templates(language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((rule, tuple(names)) for rule, names in language.templates.items())


@lru_cache(maxsize=1)
def _canonical_prefixes() -> frozenset[str]:
    return frozenset(fold(word) for words in _CANONICAL.values() for word in words)


def canonical_prefix(name: str) -> bool:
    """Whether a prefix names a namespace, or another wiki, on every wiki."""
    key = fold(name)
    return key in _canonical_prefixes() or key in LANGUAGES or key in PROJECTS


_known: dict[tuple[int, tuple[tuple[int, str], ...]], tuple[Language, Names]] = {}


def names_of(language: Language, siteinfo: Mapping[int, str] | None = None) -> Names:
    """The vocabulary of a language's wiki; `siteinfo` adds the namespace names that a dump's head carries."""
    key = (id(language), tuple(sorted((siteinfo or {}).items())))
    if key in _known:
        return _known[key][1]
    block = language.mediawiki
    spaces: dict[str, int] = {}
    local = {number: [name] for number, name in (siteinfo or {}).items()}
    for table in (local, block.namespaces, _CANONICAL):
        for number, words in table.items():
            for word in words:
                if word and number:
                    spaces.setdefault(fold(word), number)
    options, keys, size = _image_names(block.magic)
    switches = {word for words in block.magic.values() for word in words if word.startswith("__")}
    local_switches = "|".join(map(re.escape, sorted(switches, key=len, reverse=True)))
    switch = re.compile(rf"{local_switches}|__[A-Z]{{3,}}__" if switches else "__[A-Z]{3,}__", re.IGNORECASE)
    dab = {word.casefold() for word in block.magic.get("disambiguation", [])} | {"__disambig__"}
    trailing = frozenset(fold_heading(title) for titles in language.trailing_sections.values() for title in titles)
    names = Names(
        wiki=language.wiki, spaces=spaces, trailing=trailing - {""}, conjunction=_conjunction(language), image_options=options, image_keys=keys,
        image_size=size, functions=_functions(block.magic), switches=switch, disambiguation=frozenset(dab),
        link=_link_pattern(language), templates=template_names(_templates(language)),
        numbers=Numbers(block.digits, indian=block.grouping.count(",") > 1),
    )  # fmt: skip
    if len(_known) > 256:
        _known.clear()
    _known[key] = (language, names)  # the language is kept, so that its id stays its own
    return names
