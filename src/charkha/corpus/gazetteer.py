"""Names and their endings, mined from links: what a link shows is an article's name in the form that its sentence needs.

Pure: from links to an inventory of suffixes and to the rows of a gazetteer. Knows no language, no file and no run. A link is given once per
(target, surface, trail) with its count, the links of one target one after the other. Held are the rules only, at most `ROOM`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os.path import commonprefix

import regex

from charkha.text.names import LEAST, Suffixes, is_ending, same_name
from charkha.text.words import fold, graphemes

FEWEST, SHARE = 3, 0.0015  # titles that a suffix must stand behind, and their share of all titles with a suffix
STACK_FEWEST, STACK_SHARE = 2, 0.1  # a suffix made of two productive ones needs fewer: this share of what others need
# Share of the inflected titles with one ending that change it at all, and that change it in one way: else it is another spelling.
CHANGING, ONE_CHANGE = 0.1, 0.02
BACK = 0.25  # a change that is seen this often the other way round, too, is another spelling
LONGEST_CUT = 3  # characters of what a name may lose: a consonant, its nukta, its virama
LONGEST = 8  # graphemes of a suffix, with all that is stacked on it; longer pieces are words
ROOM = 200_000  # rules that are held at once (about 600 bytes each); above it those of one title are forgotten
EXAMPLES, FORMS, ALIASES = 3, 100, 20  # kept for a suffix, and for a name, the most frequent ones

_DISAMBIGUATOR = regex.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_PLACE = regex.compile(r"[,،、，]\s.*$", regex.DOTALL)
_ALIKE = str.maketrans("’‘–", "''-")
_SUFFIX = regex.compile(r"[-']?[\p{L}\p{M}\u200c\u200d]+")
_EDGES = "\u200b\u200c\u200d\u200e\u200f \u00a0"
_TWO_VOWELS = regex.compile(r"\p{InSC=Vowel_Dependent}{2}")  # on one consonant: a slip of the keyboard
_NUKTA = regex.compile(r"\p{ccc=7}")
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True, slots=True)
class Seen:
    """Links of one kind: where they lead (as written, a title, a redirect or a page that is not there), what they show, how many."""

    target: str
    title: str  # of the page that the target leads to
    page_id: int  # 0 for a page that is not there
    surface: str
    trail: str
    count: int


@dataclass(slots=True)
class Suffix:
    """A mined rule: a name that ends with `cut` ends with `suffix` instead; titles counts the names, links their links."""

    suffix: str
    cut: str
    links: int = 0
    titles: int = 0
    parts: list[str] = field(default_factory=list)  # the two suffixes that it is a stack of
    examples: list[dict[str, str]] = field(default_factory=list)  # name, surface


@dataclass(slots=True)
class Entry:
    """A name with the forms in which links show it, and with what else they show. Counts are links."""

    name: str
    title: str
    page_id: int
    redirect: bool
    links: int = 0
    bare: int = 0  # of them, those that show the name itself
    inflected: int = 0  # and those that show it in another form
    forms: list[dict[str, object]] = field(default_factory=list)  # form, count; the name itself among them
    aliases: list[dict[str, object]] = field(default_factory=list)


def name_of(title: str) -> str:
    """A title without what only tells it from others: a last part in brackets, what stands behind a comma."""
    bare = _DISAMBIGUATOR.sub("", title).strip(_EDGES)
    return _PLACE.sub("", bare).strip(_EDGES) or bare or title


def fitted(name: str, surface: str) -> str:
    """The name with the first letter as the surface has it: titles always begin with a capital."""
    return name[:1].lower() + name[1:] if surface[:1].islower() else name


def rule_between(name: str, surface: str) -> tuple[str, str] | None:
    """(cut, add) that makes the surface of the name; None where it is no form of it. Equal ones give ("", "")."""
    name, surface = fitted(name, surface).translate(_ALIKE), surface.strip(_EDGES).translate(_ALIKE)
    shared = commonprefix([name, surface])
    if _NUKTA.match(surface, len(shared)):  # a letter with its nukta is one
        shared = shared[:-1]
    cut, add = name[len(shared) :], surface[len(shared) :]
    if len(graphemes(shared)) < LEAST or not is_ending(cut):
        return None
    if not cut and not add:
        return "", ""
    if not fold(add) or not _SUFFIX.fullmatch(add) or len(graphemes(add)) > LONGEST:
        return None
    return None if _TWO_VOWELS.search(surface, max(0, len(shared) - 1)) else (cut, add)


class Miner:
    """Counts endings as links pass; the links of a target must come one after the other."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], Suffix] = {}
        self._last: dict[tuple[str, str], str] = {}
        self._changed: Counter[str] = Counter()  # ending -> titles (one a rule) that lose it
        self._kept: Counter[str] = Counter()  # ending -> titles (one a rule) that take a suffix and keep it

    def see(self, seen: Seen) -> None:
        """Counts what links show."""
        for name in dict.fromkeys((name_of(seen.target), name_of(seen.title))):
            rule = rule_between(name, seen.surface)
            if rule is not None:
                if rule[1]:
                    self._count(rule, name, seen)
                return
        label = seen.surface.removesuffix(seen.trail)
        if seen.trail and label != seen.surface and (rule := rule_between(label, seen.surface)):
            self._count(rule, label, seen)  # glued on outside of the link's brackets

    def _count(self, rule: tuple[str, str], name: str, seen: Seen) -> None:
        found = self._rules.get(rule)
        if found is None:
            if len(self._rules) >= ROOM:
                self._forget()
            found = self._rules[rule] = Suffix(rule[1], rule[0])
        found.links += seen.count
        if self._last.get(rule) == seen.target:
            return
        self._last[rule] = seen.target
        found.titles += 1
        if rule[0]:
            self._changed[rule[0]] += 1
        else:
            self._kept.update({name[-size:] for size in range(1, LONGEST_CUT + 1)})
        if len(found.examples) < EXAMPLES:
            found.examples.append({"name": name, "surface": seen.surface})

    def _forget(self) -> None:
        self._rules = {rule: found for rule, found in self._rules.items() if found.titles > 1}
        self._last = {rule: self._last[rule] for rule in self._rules}

    def candidates(self) -> set[str]:
        """The pieces of which `suffixes` must know how often links show them alone: words, if they do."""
        return {head for found in self._productive() for head, _ in _splits(found.suffix)}

    def suffixes(self, alone: Mapping[str, int]) -> list[Suffix]:
        """The inventory, the most linked first.

        Args:
            alone: candidate -> links that show it and nothing else.
        """
        productive = {(found.cut, found.suffix): found for found in self._productive()}
        tails = {suffix for cut, suffix in productive if not cut}
        kept = {rule: found for rule, found in productive.items() if not _is_compound(found, tails, alone)}
        least = max(STACK_FEWEST, STACK_SHARE * self._least())
        for found in sorted(self._rules.values(), key=lambda one: (len(one.suffix), one.suffix, one.cut)):
            rule = (found.cut, found.suffix)
            if found.titles >= least and (rule in kept or rule not in productive):
                found.parts = _parts(found, kept)
                if found.parts:
                    kept[rule] = found
        return sorted(kept.values(), key=lambda one: (-one.links, one.suffix, one.cut))

    def _least(self) -> float:
        return max(FEWEST, SHARE * sum(found.titles for found in self._rules.values()))

    def _productive(self) -> list[Suffix]:
        least = self._least()
        return [
            found
            for found in self._rules.values()
            if (found.titles >= least if not found.cut else self._is_change(found))
        ]

    def _is_change(self, found: Suffix) -> bool:
        """True for a change that the titles with such an ending undergo rather than keep it, and one way only."""
        changed, kept = self._changed[found.cut], self._kept[found.cut]
        if changed < CHANGING * (changed + kept) or found.titles < max(FEWEST, ONE_CHANGE * (changed + kept)):
            return False
        back = (self._rules.get((found.suffix[:size], found.cut)) for size in range(1, len(found.suffix) + 1))
        return not any(other and other.titles >= BACK * found.titles for other in back)


def _splits(suffix: str) -> Iterator[tuple[str, str]]:
    """(head, tail) at every place, the whole with no tail first."""
    yield suffix, ""
    yield from ((suffix[:at], suffix[at:]) for at in range(len(suffix) - 1, 0, -1))


def _is_compound(found: Suffix, tails: set[str], alone: Mapping[str, int]) -> bool:
    """True when the suffix is a word of its own, bare or with a suffix: links show it alone as often as titles take it."""
    return any(
        _LETTER.match(head) and len(graphemes(head)) >= LEAST and alone.get(head, 0) >= found.titles
        for head, tail in _splits(found.suffix)
        if not tail or tail in tails
    )


def _parts(found: Suffix, kept: Mapping[tuple[str, str], Suffix]) -> list[str]:
    """The two suffixes that a rarer one is made of, one of them longer than a single sign; none for a suffix of its own."""
    for head, tail in _splits(found.suffix):
        first, second = kept.get((found.cut, head)), kept.get(("", tail))
        if tail and first and second and max(len(fold(head)), len(fold(tail))) > 1:
            if found.titles < min(first.titles, second.titles):
                return [head, tail]
    return []


def entry(links: Iterable[Seen], suffixes: Suffixes) -> Entry:
    """The gazetteer's row for one target, of all its links."""
    forms: Counter[str] = Counter()
    aliases: Counter[str] = Counter()
    made: Entry | None = None
    for seen in links:
        if made is None:
            made = Entry(name_of(seen.target), seen.title, seen.page_id, seen.title != seen.target)
        made.links += seen.count
        surface = seen.surface.strip(_EDGES)
        if not same_name(surface, made.name, suffixes):
            aliases[surface] += seen.count
            continue
        forms[surface] += seen.count
        if fold(surface) == fold(made.name):
            made.bare += seen.count
        else:
            made.inflected += seen.count
    if made is None:
        raise ValueError("a name without a link")
    made.forms, made.aliases = _most(forms, FORMS), _most(aliases, ALIASES)
    return made


def _most(counts: Counter[str], limit: int) -> list[dict[str, object]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"form": form, "count": count} for form, count in ordered[:limit] if form]
