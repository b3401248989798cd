"""A small run folder as the stages would leave it, with hostile text wherever text of others can stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from charkha.core.tables import ARTIFACTS, DATASET, GAZETTEER, GROUNDINGS, PASSAGES, SUFFIXES, write_table
from charkha.languages import load

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x.png onerror=alert(2)>"
TEXTS = {
    "hi": "कोलम चावल के आटे से बनी आकृति है।\n\nयह घर के सामने बनती है।",
    "ur": "داستان گوئی زبانی قصہ سنانے کا فن ہے۔\n\nیہ فن ایران سے آیا۔",
}
LONG = "लंबा उत्तर " * 400


def example(lang: str, subset: str, number: int, kind: str = "model", **changes: Any) -> dict[str, Any]:
    """One row of the dataset; its page is `number`."""
    code, text = load(lang).code, TEXTS[lang]
    row = {
        "id": f"{subset}-{lang}-{number:04d}",
        "subset": subset,
        "lang": lang,
        "message_langs": [code, code],
        "messages": [
            {"role": "user", "content": f"{HOSTILE} {number}\n\n{text}"},
            {"role": "assistant", "content": LONG if number == 0 else f"جواب {number} & <b>x</b>"},
        ],
        "context": "open",
        "split": "train",
        "seed_id": f"{subset}-{lang}-{number:04d}",
        "evidence": [{"page_id": number, "revision_id": 9, "start": 0, "end": 5, "text": text[:5]}],
        "provenance": {
            "title": f"{HOSTILE} {lang}",
            "url": "javascript:alert(3)" if number % 2 else f"https://{lang}.wikipedia.org/wiki/A?curid={number}&x=\"'",
            "page_id": number,
            "revision_id": 9,
            "dump_date": "2026-11-01",
            "licence": "CC BY-SA 4.0",
        },
        "generation": {"kind": kind, "provider": "openai_compatible", "model": HOSTILE, "terms": "", "sampling": "{}"},
        "quality": [{"name": "ratio", "message": None, "value": 0.25}, {"name": "words", "message": 1, "value": 12}],
    }
    return {**row, **changes}


def cell(subset: str, lang: str, kept: int, ended: str, target: int | None = 3, **outcomes: Any) -> dict[str, Any]:
    """A cell of stats.json whose sums hold."""
    dropped, failed, pending = outcomes.get("dropped", {}), outcomes.get("failed", {}), outcomes.get("pending", 0)
    attempted = kept + sum(dropped.values()) + sum(failed.values()) + pending
    return {
        "subset": subset, "lang": lang, "attempted": attempted, "kept": kept, "pending": pending, "dropped": dropped,
        "failed": failed, "balanced": True, "target": target, "ended": ended,
    }  # fmt: skip


def write_stats(folder: Path, cells: list[dict[str, Any]], template: bool = False, **changes: Any) -> None:
    """stats.json with totals that follow from its cells."""
    total: dict[str, Any] = {"attempted": 0, "kept": 0, "pending": 0, "dropped": {}, "failed": {}, "balanced": True}
    for one in cells:
        for name in ("attempted", "kept", "pending"):
            total[name] += one[name]
        for group in ("dropped", "failed"):
            for code, count in one[group].items():
                total[group][code] = total[group].get(code, 0) + count
    langs = sorted({one["lang"] for one in cells})
    source = {
        "pages": 12,
        "redirects": 3,
        "disambiguations": 1,
        "without_text": 2,
        "passages": 20,
        "tally": {},
        "cut": None,
    }
    kind = "extractive" if template else "openai_compatible"
    data = {
        "charkha": "0.1.0", "balanced": True, "total": total, "cells": cells,
        "sources": {lang: {**source, "lang": lang, "dump": f"{lang}wiki|{HOSTILE}.xml", "blocked": {"b:1": 2}} for lang in langs},
        "models": {"writer": {"kind": kind, "model": HOSTILE, "terms": "", "template": template}},
        "recipe": {"languages": langs, "tasks": ["summarization", "dialog_gen"], "targets": {"rows": 3}},
        **changes,
    }  # fmt: skip
    (folder / "stats.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def write_passages(folder: Path, lang: str, count: int) -> None:
    """A passage a page, in row groups of two."""
    text = TEXTS[lang]
    rows = [
        {
            "id": f"p{n}", "lang": lang, "page_id": n, "revision_id": 9, "title": "t", "url": "", "dump_date": "", "split": "train",
            "licence": "CC BY-SA 4.0", "start": 0, "end": len(text), "text": text, "sentences": [], "names": [], "categories": [],
            "sensitivity": [],
        }
        for n in range(count)
    ]  # fmt: skip
    write_table(folder / "passages" / lang / "00000.parquet", PASSAGES, rows, batch=2)


def write_names(folder: Path, lang: str, name: str, add: str, count: int) -> None:
    """`count` suffixes and names, each with more forms than a page shows."""
    here = folder / "names" / lang
    suffixes = [
        {"suffix": add + "x" * n, "cut": "" if n else "\u093e", "links": 1000 - n, "titles": 500 - n, "parts": [] if n else [HOSTILE, add],
         "examples": [{"name": name, "surface": HOSTILE}]}
        for n in range(count)
    ]  # fmt: skip
    names = [
        {"name": f"{name}{n}", "title": HOSTILE, "page_id": 0, "redirect": False, "links": 2000 - n, "bare": 1, "inflected": 1,
         "forms": [{"form": f"{name}{n}{add}{form}", "count": 70 - form} for form in range(11)], "aliases": [{"form": HOSTILE, "count": 1}]}
        for n in range(count)
    ]  # fmt: skip
    write_table(here / "suffixes.parquet", SUFFIXES, suffixes)
    write_table(here / "gazetteer.parquet", GAZETTEER, [*names, {**names[0], "name": "unlinked", "links": 0}])
    figures = {"lang": lang, "links": 1000, "bare": 610, "inflected": 172, "names": 40, "red": 17, "suffixes": count}
    (here / "mined.json").write_text(json.dumps(figures), encoding="utf-8")


def write_artifacts(folder: Path, counts: dict[str, dict[str, int]], lost: list[str] | None = None) -> None:
    """artifacts.json with these numbers, two artifacts of each class in a language, and a passage of each beside three of other pages."""
    artifacts = []
    for lang, kinds in counts.items():
        groundings = [{"passage": f"{lang}-{n}", "page_id": n, "kind": kind} for n, kind in enumerate([*kinds, "", "", ""])]
        write_table(folder / "groundings" / f"{lang}.parquet", GROUNDINGS, groundings)
        for kind in kinds:
            artifacts += [
                {"id": f"{lang}-{kind}-{n}", "kind": kind, "weight": 1 - n / 4, "depth": 1, "path": [HOSTILE], "path_wiki": "en", "langs": [lang],
                 "titles": {lang: f"{HOSTILE} {kind} {n}"}, "pages": {lang: n}}
                for n in range(2)
            ]  # fmt: skip
    write_table(folder / "artifacts" / "artifacts.parquet", ARTIFACTS, artifacts)
    roots = [{"wiki": "en", "category": HOSTILE, "langs": list(counts), "placed": ["en"]}]
    roots.append({"wiki": "xx", "category": "Nowhere", "langs": [], "placed": []})
    told = {
        "mark": "m", "depth": 3, "roots": roots, "lost": lost or [], "artifacts": 99, "counts": counts,
        "titled": {lang: 7 + sum(kinds.values()) for lang, kinds in counts.items()}, "rows": {},
    }  # fmt: skip
    (folder / "artifacts" / "artifacts.json").write_text(json.dumps(told), encoding="utf-8")


def write_rows(folder: Path, subset: str, rows: list[dict[str, Any]]) -> None:
    """The exported file of a cell."""
    code = load(rows[0]["lang"]).code
    write_table(folder / "dataset" / subset / f"{code}-00000-of-00001.parquet", DATASET, rows, batch=2)


CELLS = [
    cell("summarization", "hi", 5, "target reached", dropped={"copied": 2, "numbers": 1}, failed={"schema": 1}),
    cell("summarization", "ur", 4, "target reached", dropped={"copied": 1, "strange_code": 1}),
    cell("dialog_gen", "hi", 0, "source exhausted", failed={"declined": 7}),
    cell("dialog_gen", "ur", 2, "unfinished", pending=2, dropped={"schema": 1}),
]
