"""report.html: one page that tells what a run made, what it lost and why, and shows rows in their own scripts.

Self-contained and without scripts: it opens from a disk, a mail or a bucket, and asks the network for nothing. All text
of a run is data to it: autoescape is on, and a link is a link only when it is a web address. The same run always gives
the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from charkha.core.files import write_text
from charkha.core.run import Run
from charkha.report.coverage import coverage
from charkha.report.facts import Facts, read_facts
from charkha.report.names import mined
from charkha.report.rows import sample

ROLES = ("writer", "translator", "solver", "round_trip", "judge")
COLOURS = 8  # reasons with a colour of their own, the most frequent ones; the others share grey
GREY = "c0"

# One code can mean two things: "schema" of a reply that is not the JSON asked for, and of roles that do not alternate.
MEANINGS: Mapping[tuple[str, str], str] = {
    ("dropped", "blanks"): "A fill-in-the-blank exercise instead of a question.",
    ("dropped", "copied"): "Most of it was copied word for word from the passage.",
    ("dropped", "coverage"): "It rests on one part of the passage only.",
    ("dropped", "deictic"): "The question points at a text that its reader cannot see.",
    ("dropped", "empty"): "A message or a needed part of the answer has no words.",
    ("dropped", "empty_turn"): "A message without a word.",
    ("dropped", "facts"): "It names no supporting sentence, or one that is not there.",
    ("dropped", "form"): "The questions are one form filled in again and again.",
    ("dropped", "given_away"): "The question already holds its answer.",
    ("dropped", "hops"): "It does not need several places of the text.",
    ("dropped", "language"): "Not, or not surely, in the language it should be in.",
    ("dropped", "length"): "Too short, or too long beside the passage.",
    ("dropped", "markup"): "Leftovers of wikitext, HTML or the prompt.",
    ("dropped", "numbers"): "A number that the passage does not support.",
    ("dropped", "openings"): "Too many replies open with the same words.",
    ("dropped", "quote"): "What it gives as a quotation is not in the sentences it names.",
    ("dropped", "roles"): "Asker and assistant do not take turns, or have swapped places.",
    ("dropped", "said_twice"): "A turn repeats an earlier one.",
    ("dropped", "schema"): "The roles do not alternate or a message lacks its language.",
    ("dropped", "stock_opening"): "It opens with a phrase that machine replies share.",
    ("dropped", "superseded"): "Of a prompt or model that was set aside by --supersede.",
    ("dropped", "template"): "The template did not fit this passage.",
    ("dropped", "turns"): "Too few or too many turns, or not as many as planned.",
    ("dropped", "unanswerable"): "The model said that the passage does not allow the task.",
    ("dropped", "unanswered"): "The reply does not say the answer.",
    ("dropped", "ungrounded"): "Hardly a word of it comes from the passage.",
    ("dropped", "word_repetition"): "The same words or sentences again and again.",
    ("failed", "auth_failed"): "The endpoint refused the key.",
    ("failed", "bad_reply"): "The endpoint answered with something that is no completion.",
    ("failed", "bug"): "An error in Charkha's own code; please report it.",
    ("failed", "declined"): "A template would be nonsense on this passage, so there is no row.",
    ("failed", "empty_reply"): "The model answered nothing.",
    ("failed", "length"): "The reply was cut off before its end.",
    ("failed", "no_json"): "The reply held no JSON, also when asked again.",
    ("failed", "no_such_model"): "The endpoint does not serve the model.",
    ("failed", "overloaded"): "The endpoint was down or overloaded, also after retries.",
    ("failed", "rate_limited"): "The endpoint's rate limit held, also after retries.",
    ("failed", "refused"): "The endpoint declined the request.",
    ("failed", "schema"): "The reply was not of the shape asked for, also when asked again.",
    ("failed", "timed_out"): "No reply within the time given, also after retries.",
}
NO_MEANING = "No explanation is recorded; charkha why ID tells each case."


@dataclass(frozen=True, slots=True)
class Heat:
    """One field of the retention table; `level` 0 to 5 is its colour, None for a cell without finished attempts."""

    kept: int
    attempted: int
    percent: str
    level: int | None
    short: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with its total; `colour` is a class name of the style sheet."""

    group: str
    code: str
    count: int
    colour: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Where one subset's attempts went, as (name, colour, count, percent) and language by language."""

    subset: str
    attempted: int
    parts: list[tuple[str, str, int, float]]
    codes: list[Reason]
    by_lang: list[dict[str, Any]]


def write_report(run: Run) -> Path:
    """Writes report.html into the run folder and returns its path.

    Raises:
        RunError: stats.json is missing or damaged, or the disk is full.
    """
    facts = read_facts(run)
    path = run.folder / "report.html"
    write_text(path, _environment().get_template("report.html.j2").render(_view(run, facts)))
    return path


def _environment() -> Environment:
    here = FileSystemLoader(Path(__file__).parent)
    made = Environment(loader=here, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["percent"] = percent
    made.filters["n"] = lambda number: f"{number:,}"
    return made


def _view(run: Run, facts: Facts) -> dict[str, Any]:
    stats, rows = facts.stats, sample(run, facts)
    reasons = _reasons(facts)
    models = stats.get("models") or {}
    return {
        "facts": facts,
        "total": stats["total"],
        "sources": [_source(lang, found, facts) for lang, found in sorted((stats.get("sources") or {}).items())],
        "heat": {lang: [_heat(facts.cell(subset, lang)) for subset in facts.subsets] for lang in facts.langs},
        "short": [cell for cell in facts.cells if _is_short(cell)],
        "pending": sum(cell["pending"] for cell in facts.cells),
        "unbalanced": [cell for cell in facts.cells if not cell.get("balanced", True)],
        "reasons": reasons,
        "bars": [_bar(subset, facts, reasons) for subset in facts.subsets],
        "culture": coverage(run),
        "mined": mined(run, facts),
        "contexts": _contexts(facts),
        "models": {role: models[role] for role in ROLES if role in models},
        "idle_roles": [role for role in ROLES if role not in models],
        "samples": {
            lang: {subset: rows.get((subset, lang), []) for subset in facts.subsets if facts.cell(subset, lang)}
            for lang in facts.langs
        },
    }


def _is_short(cell: Mapping[str, Any]) -> bool:
    target = cell.get("target")
    return target is not None and cell["kept"] < target


def _heat(cell: Mapping[str, Any] | None) -> Heat | None:
    if cell is None:
        return None
    kept, attempted = cell["kept"], cell["attempted"]
    if not attempted:
        return Heat(kept, attempted, "–", None, _is_short(cell))
    share = kept / attempted
    return Heat(
        kept, attempted, percent(kept, attempted), 0 if not kept else 1 + min(4, int(share * 5)), _is_short(cell)
    )


def percent(part: int, whole: int) -> str:
    """A share in whole percent that says 0 % and 100 % only when it is none or all."""
    if not whole:
        return "–"
    if 0 < part < whole:
        share = 100 * part / whole
        return "<1%" if share < 1 else ">99%" if share > 99 else f"{share:.0f}%"
    return "100%" if part else "0%"


def _reasons(facts: Facts) -> dict[tuple[str, str], Reason]:
    """Every reason of the run, the most frequent first."""
    total = facts.stats["total"]
    counts: Counter[tuple[str, str]] = Counter()
    for group in ("dropped", "failed"):
        counts.update({(group, code): count for code, count in total[group].items()})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {
        (group, code): Reason(group, code, count, f"c{at}" if at <= COLOURS else GREY, _meaning(facts, group, code))
        for at, ((group, code), count) in enumerate(ordered, 1)
    }


def _meaning(facts: Facts, group: str, code: str) -> str:
    told = (facts.stats.get("reasons") or {}).get(code)
    return str(told or MEANINGS.get((group, code), NO_MEANING))


def _bar(subset: str, facts: Facts, reasons: Mapping[tuple[str, str], Reason]) -> Bar:
    cells = [cell for cell in facts.cells if cell["subset"] == subset]
    attempted = sum(cell["attempted"] for cell in cells)
    counts: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        for group in ("dropped", "failed"):
            counts.update({(group, code): count for code, count in cell[group].items()})
    codes = [reason for key, reason in reasons.items() if counts[key]]
    parts = [("kept", "kept", sum(cell["kept"] for cell in cells))]
    coloured = [reason for reason in codes if reason.colour != GREY]
    parts += [
        (f"{reason.code} ({reason.group})", reason.colour, counts[reason.group, reason.code]) for reason in coloured
    ]
    others = [counts[reason.group, reason.code] for reason in codes if reason.colour == GREY]
    parts.append((f"for {len(others)} other reason{'s' * (len(others) != 1)}", GREY, sum(others)))
    parts.append(("pending", "pending", sum(cell["pending"] for cell in cells)))
    by_lang = [
        {"lang": cell["lang"], "cell": cell, "counts": [cell[reason.group].get(reason.code, 0) for reason in codes]}
        for lang in facts.langs
        for cell in cells
        if cell["lang"] == lang
    ]
    shares = [(name, colour, count, round(100 * count / (attempted or 1), 3)) for name, colour, count in parts if count]
    return Bar(subset, attempted, shares, codes, by_lang)


def _source(lang: str, found: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    tally = found.get("tally") or {}
    return {
        "tongue": facts.tongues[lang],
        "dump": found.get("dump", ""),
        "pages": found.get("pages", 0),
        "redirects": found.get("redirects", 0),
        "disambiguations": found.get("disambiguations", 0),
        "without_text": found.get("without_text", 0),
        "damaged": len(tally.get("damaged") or []) + sum(((found.get("documents") or {}).get("refused") or {}).values()),
        "passages": found.get("passages", 0),
        "blocked": sum((found.get("blocked") or {}).values()),
        "cut": found.get("cut"),
        "licences": facts.source_licences.get(lang, []),
    }


def _contexts(facts: Facts) -> list[dict[str, Any]]:
    """Rows per context and subset; only subsets that have rows."""
    named = [
        name for name in ("open", "closed", "answer_is_passage") if any(name in c for c in facts.contexts.values())
    ]
    named += sorted({name for counts in facts.contexts.values() for name in counts} - set(named))
    rows = []
    for subset in facts.subsets:
        counts, whole = facts.contexts.get(subset, Counter()), sum(facts.contexts.get(subset, Counter()).values())
        if whole:
            shares = [(name, counts[name], percent(counts[name], whole)) for name in named]
            rows.append({"subset": subset, "rows": whole, "shares": shares})
    return rows
