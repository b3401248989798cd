"""python tools/mediawiki_block.py SOURCE [hi ta ...] [--fetch] [--print] [--languages DIR].

Writes the `mediawiki:` block that ends each language file: namespace names, redirect words and magic words, local ones
first, English ones last; digits and their groups where they are not 1,234. SOURCE holds the extracted Debian packages
`mediawiki` and `mediawiki-classes`; --fetch fills it (run `apt-get update` before). Only names are taken, as facts; PHP is read below and never run. Names are in NFC, as
wiki text is stored, and namespaces have spaces for underscores. What stands above the marker line stays as it is.

It refuses to know templates and headings (the hand-written part of a language file has them) and letter case: which
words MediaWiki compares case-sensitively is not kept. Exit codes: 0 done, 2 user error, 3 some language has no file.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import yaml

Php: TypeAlias = "str | int | None | dict[str | int, Php]"

MARKER = "# --- mediawiki: written by tools/mediawiki_block.py; do not edit ---"
LANGUAGES = Path(__file__).resolve().parent.parent / "src" / "charkha" / "languages"
DEFAULT_CODES = "as bn en gu hi kn ml mr ne or pa ta te ur".split()
EXTENSION_FILES = ("*/*.magic.php", "Scribunto/Scribunto.namespaces.php")
_CORE_NAMESPACES = "MEDIA SPECIAL MAIN TALK USER USER_TALK PROJECT PROJECT_TALK FILE FILE_TALK MEDIAWIKI MEDIAWIKI_TALK"
_CORE_NAMESPACES += " TEMPLATE TEMPLATE_TALK HELP HELP_TALK CATEGORY CATEGORY_TALK"
CONSTANTS = {f"NS_{name}": number for number, name in enumerate(_CORE_NAMESPACES.split(), start=-2)}

# What a Wikipedia's own configuration adds to MediaWiki. Source of both tables: wikimedia/operations-mediawiki-config,
# wmf-config/core-Namespaces.php at 01a27ad35d671c838026059eda6489ae574eded5. "|" separates names.
# SITE_NAMES: wgMetaNamespace (4) and wgExtraNamespaces (the rest); guwiki has no portals.
# fmt: off
SITE_NAMES: dict[str, dict[int, str]] = {
    "as": {4: "ৱিকিপিডিয়া", 100: "ৱিকিচ'ৰা", 101: "ৱিকিচ'ৰা আলোচনা"},
    "bn": {4: "উইকিপিডিয়া", 100: "প্রবেশদ্বার", 101: "প্রবেশদ্বার আলোচনা", 118: "খসড়া", 119: "খসড়া আলোচনা"},  # T350133
    "en": {4: "Wikipedia", 100: "Portal", 101: "Portal talk", 118: "Draft", 119: "Draft talk"},  # T59569
    "gu": {4: "વિકિપીડિયા"},
    "hi": {4: "विकिपीडिया", 100: "प्रवेशद्वार", 101: "प्रवेशद्वार वार्ता"},
    "kn": {4: "ವಿಕಿಪೀಡಿಯ", 100: "ಹೆಬ್ಬಾಗಿಲು", 101: "ಹೆಬ್ಬಾಗಿಲು ಚರ್ಚೆಪುಟ",  # T355662
           118: "ಕರಡು", 119: "ಕರಡು ಚರ್ಚೆಪುಟ", 829: "ಮಾಡ್ಯೂಲ್ ಚರ್ಚೆಪುಟ"},  # T129052, T255337, T346583
    "ml": {4: "വിക്കിപീഡിയ", 100: "കവാടം", 101: "കവാടത്തിന്റെ സംവാദം", 118: "കരട്", 119: "കരട് സംവാദം"},  # T362653
    "mr": {4: "विकिपीडिया", 100: "दालन", 101: "दालन चर्चा"},
    "ne": {4: "विकिपिडिया", 100: "पोर्टल", 101: "पोर्टल वार्ता", 118: "मस्यौदा", 119: "मस्यौदा वार्ता"},  # T130108, T184157
    "or": {4: "ଉଇକିପିଡ଼ିଆ", 100: "ପୋର୍ଟାଲ", 101: "ପୋର୍ଟାଲ ଆଲୋଚନା"},  # T60453
    "pa": {4: "ਵਿਕੀਪੀਡੀਆ", 100: "ਫਾਟਕ", 101: "ਫਾਟਕ ਗੱਲ-ਬਾਤ"},  # T120936
    "ta": {4: "விக்கிப்பீடியா", 100: "வலைவாசல்", 101: "வலைவாசல் பேச்சு", 118: "வரைவு", 119: "வரைவு பேச்சு"},  # T329248
    "te": {4: "వికీపీడియా", 100: "వేదిక", 101: "వేదిక చర్చ"},
    "ur": {4: "ویکیپیڈیا", 100: "باب", 101: "تبادلۂ خیال باب", 102: "کتاب", 103: "تبادلۂ خیال کتاب",  # T21569, T109505
           118: "مسودہ", 119: "تبادلۂ خیال مسودہ"},  # T119308
    "yo": {100: "Èbúté", 101: "Ọ̀rọ̀ èbúté", 108: "Ìwé|Book", 109: "Ọ̀rọ̀ ìwé|Book talk"},
}
# SITE_ALIASES: wgNamespaceAliases. EVERY_WIKI: its entry '+wikipedia', and the names MediaWiki knows everywhere.
SITE_ALIASES: dict[str, dict[int, str]] = {
    "as": {4: "প্ৰকল্প", 5: "প্ৰকল্প আলোচনা|Wikipedia বার্তা", 14: "CAT", 100: "বাটচ'ৰা", 101: "বাটচ'ৰা আলোচনা"},
    "bn": {5: "WT"}, "or": {5: "WT"}, "ta": {5: "WT"}, "en": {5: "WT", 10: "TM"},  # T318003 T30257 T126604 T363757
    "gu": {2: "સ", 4: "વિ", 14: "શ્રે|CAT"},  # T255358
    "hi": {2: "स|U", 3: "सवा|UT", 4: "वि", 5: "विवा|WPT", 8: "मी", 9: "मीवा", 10: "सा|T", 11: "सावा",
           14: "श्र", 15: "श्रवा|CT", 100: "प्र|P", 101: "प्रवा"},
    "kn": {100: "ಪೋರ್ಟಲ್", 101: "ಪೋರ್ಟಲ್ ಚರ್ಚೆ", 119: "ಕರಡು ಚರ್ಚೆ"},  # T355662, T346583
    "ml": {4: "വിക്കി", 5: "വിക്കിസം", 828: "ഘ", 829: "ഘസം"},  # T56951
    "mr": {4: "विपी"},
    "ne": {2: "प्र|प्रवा|U", 3: "UT", 4: "वि|विकिपीडिया", 5: "विवा|विकिपीडिया वार्ता|WT",  # so: प्रवा is not a talk page
           10: "ढाँ|T", 11: "ढाँवा", 15: "CT"},  # T89817, T184865
    "ur": {4: "وپ", 5: "ویکیپیڈیا تبادلۂ خیال"},  # T122045
}
EVERY_WIKI = {4: "Wikipedia|WP|Project", 5: "Wikipedia talk|Project talk"}
# Words of extensions that every Wikipedia runs and the packages lack, from the magic files of GeoData, Disambiguator,
# LabeledSectionTransclusion (lst, lsth, lstx) and WikibaseClient (the rest).
OTHER_WORDS: dict[str, dict[str, str]] = {
    "en": {"coordinates": "coordinates", "disambiguation": "__DISAMBIG__", "lst": "lst|section",
           "lsth": "lsth|section-h", "lstx": "lstx|section-x", "noexternallanglinks": "noexternallanglinks",
           "property": "property", "shortdesc": "SHORTDESC", "statements": "statements"},
    "hi": {"noexternallanglinks": "कोई_अंतरविकी_कड़ियाँ_नहीं|कोई_अंतरविकि_कड़ियाँ_नहीं", "property": "गुण"},
    "ml": {"noexternallanglinks": "ബാഹ്യഭാഷാകണ്ണികൾവേണ്ട"},
    "ur": {"noexternallanglinks": "بیرونی_زبان_کے_روابط_نہیں", "property": "خاصیت", "statements": "بیانات"},
}
# fmt: on


class BlockError(Exception):
    """A mistake of the caller: one line that says what, where, and the way out."""


# One pattern for strings and comments: what starts first wins, so a quote in a comment or a hash in a string is safe.
_TOKEN = re.compile(
    r"""'(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" | (?P<skip>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
      | \$\w+ | -?\d+\b | [A-Za-z_]\w* | => | [=!<>]=+ | .""",
    re.DOTALL | re.VERBOSE,
)


class _PhpReader:
    """Reads `$name = value;` and `$name['key'] = value;`; a value it cannot read becomes None."""

    def __init__(self, text: str) -> None:
        self.tokens = [match.group() for match in _TOKEN.finditer(text) if match.lastgroup != "skip"]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def assignments(self) -> dict[str, Php]:
        found: dict[str, Php] = {}
        while token := self.take():
            if not re.fullmatch(r"\$\w+", token):
                continue
            key: Php = None
            if self.peek() == "[":
                self.take()
                key = self.value()
                self.take()
            if self.take() == "=":
                value, name = self.value(), token[1:]
                found[name] = value if key is None else {**_table(found.get(name)), str(key): value}
        return found

    def value(self) -> Php:
        token = self.take()
        if token == "[":
            return self._array("]")
        if token.lower() == "array" and self.peek() == "(":
            self.take()
            return self._array(")")
        if token[:1] in ("'", '"'):
            return re.sub(r"\\([\\'\"$])", r"\1", token[1:-1])
        return int(token) if re.fullmatch(r"-?\d+", token) else CONSTANTS.get(token)

    def _array(self, close: str) -> dict[str | int, Php]:
        items: dict[str | int, Php] = {}
        while (token := self.peek()) != close:
            if not token:
                raise BlockError("the file ends inside an array")
            key: Php = len(items)
            item = self.value()
            if self.peek() == "=>":
                self.take()
                key, item = item, self.value()
            if isinstance(key, str | int):
                items[key] = item
            self._skip_rest(close)
        self.take()
        return items

    def _skip_rest(self, close: str) -> None:
        """Passes over what is left of an item that was no plain value, and over the comma behind it."""
        depth = 0
        while (token := self.peek()) and (depth or token not in (",", close)):
            depth += (token in "([{") - (token in ")]}")
            self.take()
        self.at += token == ","


@cache
def read_php(path: Path) -> dict[str, Php]:
    """Returns the variables that a PHP file sets, by name without `$`; arrays are dicts, as in PHP.

    Raises:
        BlockError: the file cannot be read, or ends inside an array.
    """
    try:
        return _PhpReader(path.read_text(encoding="utf-8")).assignments()
    except (OSError, UnicodeDecodeError, BlockError) as error:
        raise BlockError(f"cannot read {str(path)!r}: {error}. Extract the packages again, or --fetch.") from error


def _table(value: Php) -> dict[str | int, Php]:
    return value if isinstance(value, dict) else {}


def _strings(value: Php) -> list[str]:
    """The strings of a word list, less the case flag that stands first."""
    return [word for word in _table(value).values() if isinstance(word, str) and word not in ("0", "1")]


def _find_root(source: Path) -> Path:
    for root in (source, source / "usr/share/mediawiki", *sorted(source.glob("*/usr/share/mediawiki"))):
        if (root / "languages/messages/MessagesEn.php").is_file():
            return root
    way_out = f"apt-get update && python tools/mediawiki_block.py {source} --fetch"
    raise BlockError(f"no languages/messages/MessagesEn.php under {str(source)!r}. Fetch it: {way_out}")


def _messages(root: Path, code: str) -> dict[str, Php]:
    path = root / "languages/messages" / f"Messages{code.capitalize().replace('-', '_')}.php"
    if not path.is_file():
        raise BlockError(f"MediaWiki has no language {code!r}: no {path.name}. Name a wiki code such as hi or ta.")
    return read_php(path)


def fallback_chain(root: Path, code: str) -> list[str]:
    """Returns `code`, the languages its `$fallback` names, and English at the end of every chain."""
    listed = _messages(root, code).get("fallback")
    between = [part.strip() for part in listed.split(",")] if isinstance(listed, str) else []
    return list(dict.fromkeys([code, *(name for name in between if name != "en"), "en"]))


def _tables(root: Path, code: str, variable: str) -> list[dict[str | int, Php]]:
    """The tables called `variable` that core and the packaged extensions have for one language."""
    folder = root / ("extensions-core" if (root / "extensions-core").is_dir() else "extensions")
    files = [path for pattern in EXTENSION_FILES for path in sorted(folder.glob(pattern))]
    by_language = [_table(read_php(path).get(variable)) for path in files]
    return [_table(_messages(root, code).get(variable)), *(_table(tables.get(code)) for tables in by_language)]


def _split(names: dict[int, str]) -> Iterator[tuple[int, str]]:
    return ((number, name) for number, joined in names.items() for name in joined.split("|"))


def _numbered(root: Path, code: str, *, site: bool) -> Iterator[tuple[Php, Php]]:
    """(namespace, name) of one language: proper names first, then aliases."""
    if site or code == "en":
        yield from _split(SITE_NAMES.get(code, {}))
    for table in _tables(root, code, "namespaceNames"):
        yield from table.items()
    for table in _tables(root, code, "namespaceAliases"):
        yield from ((number, name) for name, number in table.items())
    for table in _tables(root, code, "namespaceGenderAliases"):
        yield from ((number, name) for number, names in table.items() for name in _table(names).values())
    if site:
        yield from _split(SITE_ALIASES.get(code, {}))


def namespaces(root: Path, code: str) -> dict[int, list[str]]:
    """Returns namespace number -> names of it on the Wikipedia in `code`; namespace 0 has none."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    site_project = SITE_NAMES.get(code, {}).get(4, "Wikipedia")
    for language in fallback_chain(root, code):
        project = "Wikipedia" if language == "en" else site_project
        for number, name in _numbered(root, language, site=language == code):
            # A pattern with {{grammar:...}} needs that language's inflection, which is not at hand: left out.
            if isinstance(number, int) and number and isinstance(name, str) and "{{" not in name:
                found[number].append(name.replace("_", " ").replace("$1", project))
    for number, name in _split(EVERY_WIKI):
        found[number].append(name)
    return {number: _unique(found[number]) for number in sorted(found)}


def magic_words(root: Path, code: str) -> dict[str, list[str]]:
    """Returns magic word id -> its spellings, verbatim but for NFC: colons, `#`, `__` and `$1` stay."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for language in fallback_chain(root, code):
        for table in _tables(root, language, "magicWords"):
            for word, spellings in table.items():
                found[str(word)] += _strings(spellings)
        for word, joined in OTHER_WORDS.get(language, {}).items():
            found[word] += joined.split("|")
    return {word: _unique(found[word]) for word in sorted(found)}


def numbers(root: Path, code: str) -> dict[str, str]:
    """Returns what {{formatnum:}} writes where it is not 1,234,567: `digits` and the `grouping` of them."""
    found: dict[str, str] = {}
    for language in fallback_chain(root, code)[:-1]:
        messages = _messages(root, language)
        if len(digits := "".join(_digits(messages.get("digitTransformTable")))) == 10:
            found.setdefault("digits", digits)
        grouping = messages.get("digitGroupingPattern")
        if isinstance(grouping, str):
            found.setdefault("grouping", grouping)
    return found


def _digits(value: Php) -> list[str]:
    """The ten digits of a transform table, which may hold separators beside them."""
    table = _table(value)
    found = [table.get(str(digit), table.get(digit)) for digit in range(10)]
    return [digit for digit in found if isinstance(digit, str)]


def _unique(names: list[str]) -> list[str]:
    return list(dict.fromkeys(unicodedata.normalize("NFC", name) for name in names if name))


def render(root: Path, code: str) -> str:
    """Returns the block for one language: the marker line and YAML, one line a name."""
    magic = magic_words(root, code)
    redirect = magic.pop("redirect", [])
    spaces = namespaces(root, code)
    data = {"mediawiki": {"namespaces": spaces, "redirect": redirect, **numbers(root, code), "magic": magic}}
    text = yaml.safe_dump(data, default_flow_style=None, allow_unicode=True, width=1 << 20, sort_keys=False)
    if yaml.safe_load(text) != data:
        raise AssertionError(f"the block of {code!r} does not survive YAML")
    return f"{MARKER}\n{text}"


def replace_block(path: Path, block: str) -> None:
    """Puts `block` at the end of a language file, in place of an older one; the bytes above stay.

    Raises:
        BlockError: something other than the block stands below the marker, or a block above it.
    """
    old = path.read_bytes()
    head, marker, tail = old.partition(MARKER.encode())
    if not marker:
        head = old + (b"" if old.endswith(b"\n") or not old else b"\n") + b"\n"
    elif re.search(rb"^(?!mediawiki:)[^\s#]", tail, re.MULTILINE):
        raise BlockError(f"{path}:{head.count(10) + 1}: other keys stand below the marker. Move them above that line.")
    if re.search(rb"^mediawiki:", head, re.MULTILINE):
        raise BlockError(f"{path}: a `mediawiki:` key stands above the marker. Delete it and run this again.")
    new = head + block.encode()
    if new != old:
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(new)
        temporary.replace(path)


def _fetch(source: Path) -> None:
    source.mkdir(parents=True, exist_ok=True)
    _command(source, "apt-get", "download", "mediawiki", "mediawiki-classes")
    for package in sorted(source.glob("mediawiki*.deb")):
        _command(source, "dpkg-deb", "-x", package.name, ".")


def _command(folder: Path, *words: str) -> None:
    try:
        subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (str(getattr(error, "stderr", "")).strip() or str(error)).splitlines()[-1]
        way_out = "Run apt-get update first, or extract the packages by hand."
        raise BlockError(f"`{' '.join(words)}` failed in {str(folder)!r}: {reason}. {way_out}") from error


def _run(args: argparse.Namespace) -> int:
    if args.fetch:
        _fetch(args.source)
    root = _find_root(args.source)
    missing = []
    for code in args.codes or DEFAULT_CODES:
        block = render(root, code)
        path = args.languages / f"{code}.yaml"
        if args.print:
            print(block, end="")
        elif not path.is_file():
            missing.append(code)
        else:
            replace_block(path, block)
            print(f"{path.name}: {len(block.splitlines())} lines")
    if missing:
        print(f"no language file yet for: {' '.join(missing)}. Write it first, or use --print.", file=sys.stderr)
    return 3 if missing else 0


def main(argv: list[str] | None = None) -> int:
    """Reads the command line; a BlockError becomes one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="mediawiki_block.py", description="Write the mediawiki: blocks.")
    parser.add_argument("source", type=Path, help="folder of the extracted packages mediawiki, mediawiki-classes")
    parser.add_argument("codes", nargs="*", help="wiki codes; none means the bundled languages")
    parser.add_argument("--fetch", action="store_true", help="download and extract the packages into SOURCE first")
    parser.add_argument("--print", action="store_true", help="print the blocks; write no file")
    parser.add_argument("--languages", type=Path, default=LANGUAGES, help="folder of the language files")
    try:
        return _run(parser.parse_args(argv))
    except BlockError as error:
        print(f"mediawiki_block: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
