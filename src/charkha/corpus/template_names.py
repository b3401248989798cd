"""Which template carries words: English and shared names stand in templates.yaml, a wiki's own in its language file.

A name is looked up as MediaWiki compares it, then spelled loosely (spelling.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from charkha.corpus.spelling import fold, loose
from charkha.corpus.template_rules import CONSTANTS, RULES, Rule, constant, prefixed

Local: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]  # (rule, names) of a language file

_LANG_PREFIX = re.compile(r"lang[-–]([a-z]{2,3})(?:[-–][a-z]+)*")
_SCRIPT_PREFIX = ("script/", "lang/")
_KNOWN_MOST = 1 << 14


class TemplateNames:
    """The templates of one wiki by their folded names."""

    def __init__(self, local: Local) -> None:
        shared = _shared()
        words = [*shared["infobox"]]
        self._rules: dict[str, Rule | None] = dict(_shared_rules())
        for rule, names in local:
            if rule == "infobox":
                words += names
                continue
            for name in names:
                self._rules[fold(name)] = RULES[rule]
                self._rules.setdefault(loose(name), RULES[rule])
        self._infobox = re.compile("|".join(re.escape(loose(word)) for word in words))
        self._boxes: dict[str, bool] = {}

    def rule(self, key: str) -> Rule | None:
        """The rule for a folded name, or None where the template carries no words."""
        if key in self._rules:
            return self._rules[key]
        rule = None
        if not key.isascii():
            rule = self._rules.get(loose(key))
        if rule is None and key.startswith(("lang-", "lang–", *_SCRIPT_PREFIX)):
            rule = RULES["last" if key.startswith(_SCRIPT_PREFIX) else "first"] if _is_language(key) else None
        if len(self._rules) < _KNOWN_MOST:
            self._rules[key] = rule
        return rule

    def is_infobox(self, key: str) -> bool:
        """Whether a folded name is an infobox's."""
        known = self._boxes.get(key)
        if known is None:
            known = self._infobox.search(loose(key)) is not None
            if len(self._boxes) < _KNOWN_MOST:
                self._boxes[key] = known
        return known

    def is_disambiguation(self, name: str) -> bool:
        """Whether a name ("disambiguation", "बहुविकल्पी") is one of those that mark a disambiguation page."""
        return self.rule(fold(name)) is RULES["disambiguation"]


def _is_language(key: str) -> bool:
    return key.startswith(_SCRIPT_PREFIX) or _LANG_PREFIX.fullmatch(key) is not None


@lru_cache(maxsize=256)
def template_names(local: Local) -> TemplateNames:
    """The templates of a wiki whose language file has these names."""
    return TemplateNames(local)


@lru_cache(maxsize=1)
def _shared() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (Path(__file__).parent / "templates.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=loader)
    return data


@lru_cache(maxsize=1)
def _shared_rules() -> dict[str, Rule]:
    data = _shared()
    table: dict[str, Rule] = {name: constant(text) for name, text in CONSTANTS.items()}
    for rule, names in data["rules"].items():
        table.update((fold(name), RULES[rule]) for name in _flat(names))
    for text, names in data["constants"].items():
        table.update((fold(name), constant(text)) for name in _flat(names))
    for mark, names in data["prefixed"].items():
        table.update((fold(name), prefixed(mark)) for name in _flat(names))
    return table


def _flat(names: list[Any]) -> Iterator[str]:
    for name in names:
        if isinstance(name, list):
            yield from map(str, name)
        else:
            yield str(name)
