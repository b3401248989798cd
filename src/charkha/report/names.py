"""What was mined from a wiki's links, as the report shows it: the first rows of `names/<lang>/`, which the most linked begin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.report.facts import Facts, Tongue
from charkha.text.names import displayed

TOP = 20  # suffixes, and names, of a language
FORMS = 8  # forms of a name


@dataclass(frozen=True, slots=True)
class Shown:
    """A language's links in numbers (mined.json), its suffixes as (from, to, links, titles, example), its names with their forms."""

    tongue: Tongue
    figures: dict[str, Any]
    suffixes: list[dict[str, Any]]
    names: list[dict[str, Any]]


def mined(run: Run, facts: Facts) -> list[Shown]:
    """Every language of the run whose names were mined, by English name.

    Raises:
        RunError: a file is not whole.
    """
    tongues = sorted(facts.tongues.values(), key=lambda tongue: (tongue.english, tongue.wiki))
    folders = [(tongue, run.folder / "names" / tongue.wiki) for tongue in tongues]
    return [_shown(tongue, folder) for tongue, folder in folders if (folder / "mined.json").exists()]


def _shown(tongue: Tongue, folder: Path) -> Shown:
    suffixes = [
        {
            "cut": displayed(row["cut"]) if row["cut"] else "",
            "suffix": displayed(row["suffix"]),
            "parts": [displayed(part) for part in row["parts"]],
            "links": row["links"],
            "titles": row["titles"],
            "example": row["examples"][0],
        }
        for row in islice(read_table(folder / "suffixes.parquet"), TOP)
    ]
    names = [
        {
            "name": row["name"],
            "links": row["links"],
            "forms": row["forms"][:FORMS],
            "more": max(0, len(row["forms"]) - FORMS),
        }
        for row in islice(read_table(folder / "gazetteer.parquet", ["name", "links", "forms"]), TOP)
        if row["links"]
    ]
    return Shown(tongue, _figures(folder / "mined.json"), suffixes, names)


def _figures(path: Path) -> dict[str, Any]:
    try:
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        return {name: int(found[name]) for name in ("links", "bare", "inflected", "names", "red", "suffixes")}
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(f"{path} is damaged ({error}). Make it again: charkha names {path.parents[2]}") from error
