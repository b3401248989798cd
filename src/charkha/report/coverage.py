"""What of a culture each language has pages of: languages by classes, as numbers and as a picture, and how far the groundings rest on it."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from charkha.core.errors import RunError
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.languages import artifact_classes
from charkha.report.facts import Tongue, batches, tongue

TOP = 6  # artifacts of a language that are named
THIN = 4  # a class is thin in a language that has fewer than a quarter of what the middle one of the languages has
ROW, LEFT, HEAD, MARGIN, RADIUS = 38, 190, 152, 80, 16  # of the picture, in its own units
REACH = 5.2  # of a slanting label to the right and upwards, for each letter
WIDTH, COLUMNS = 1040, (30, 46)  # of the page's text; a column is no wider and no narrower


@dataclass(frozen=True, slots=True)
class Cell:
    """One class in one language: artifacts, the passages on their pages and their share of the language's, whether it is thin."""

    count: int
    passages: int
    percent: str
    radius: float
    thin: bool


@dataclass
class Line:
    """A language: its cells in the order of the classes, its heaviest artifacts as (title, class), passages that no artifact's page holds."""

    tongue: Tongue
    own: int
    titled: int
    cells: list[Cell]
    top: list[tuple[str, str]]
    passages: int
    others: str
    thin: list[str]


@dataclass
class Coverage:
    """The whole table. classes: name and artifacts of each; width, height: of the picture."""

    artifacts: int
    depth: int
    lines: list[Line]
    classes: list[tuple[str, int]]
    roots: list[dict[str, Any]]
    lost: list[str]
    width: int = 0
    height: int = 0
    row: int = ROW
    column: int = 0
    left: int = LEFT
    head: int = HEAD
    scale: list[tuple[int, float]] = field(default_factory=list)


def coverage(run: Run) -> Coverage | None:
    """What artifacts.json and the tables beside it say; None where no artifacts were sought.

    Raises:
        RunError: a file is damaged.
    """
    told = _told(run.folder / "artifacts" / "artifacts.json")
    if told is None:
        return None
    langs = {lang: tongue(lang) for lang in sorted(told["titled"])}
    if any(run.tables("passages", lang) for lang in langs):  # editions that only lend their tree have no line
        langs = {lang: known for lang, known in langs.items() if run.tables("passages", lang)}
    held = {lang: _passages(run, lang) for lang in langs}
    counts = {lang: told["counts"].get(lang, {}) for lang in langs}
    kinds = [kind for kind in _shown_first() if any(kind in found for found in counts.values())]
    middle = {kind: statistics.median(found.get(kind, 0) for found in counts.values()) for kind in kinds}
    most = max((count for found in counts.values() for count in found.values()), default=1)
    tops = _tops(run.folder / "artifacts" / "artifacts.parquet", set(langs))
    lines = []
    for lang, known in sorted(langs.items(), key=lambda item: (item[1].english, item[0])):
        whole = sum(held[lang].values())
        cells = [_cell(kind, counts[lang], held[lang], middle[kind], most) for kind in kinds]
        thin = [artifact_classes()[kind].name for kind, cell in zip(kinds, cells, strict=True) if cell.thin]
        own = sum(counts[lang].values())
        others = _percent(held[lang][""], whole)
        lines.append(Line(known, own, told["titled"][lang], cells, tops[lang], whole, others, thin))
    classes = [(artifact_classes()[kind].name, sum(found.get(kind, 0) for found in counts.values())) for kind in kinds]
    made = Coverage(told["artifacts"], told["depth"], lines, classes, told["roots"], told["lost"])
    made.column = min(COLUMNS[1], max(COLUMNS[0], (WIDTH - LEFT - MARGIN) // max(1, len(kinds))))
    labels = (LEFT + made.column * (number + 0.5) + REACH * len(name) for number, (name, _) in enumerate(classes))
    made.width, made.height = int(max(LEFT + made.column * len(kinds) + MARGIN, *labels, 0)), HEAD + ROW * len(lines) + 8
    made.scale = [(count, _radius(count, most)) for count in sorted({1, max(1, most // 4), most})]
    return made


def _shown_first() -> list[str]:
    """The classes, those that fill trees last."""
    classes = artifact_classes()
    return sorted(classes, key=lambda kind: (kind == "other", -classes[kind].weight))


def _told(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: found[name] for name in ("artifacts", "depth", "roots", "lost", "counts", "titled")}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{str(path)!r} is damaged ({error}). Make it again: charkha artifacts {path.parents[1]}") from error


def _passages(run: Run, lang: str) -> Counter[str]:
    """Passages by the class of their page's artifact; "" for those of other pages."""
    found: Counter[str] = Counter()
    path = run.groundings_path(lang)
    for batch in batches(path, ["kind"]) if path.exists() else ():
        found.update(batch.column("kind").to_pylist())
    return found


def _cell(kind: str, counts: dict[str, int], held: Counter[str], middle: float, most: int) -> Cell:
    count = counts.get(kind, 0)
    thin = kind != "other" and count * THIN < middle
    return Cell(count, held[kind], _percent(held[kind], sum(held.values())), _radius(count, most), thin)


def _radius(count: int, most: int) -> float:
    """Areas are in proportion, and nothing that is there vanishes."""
    return round(max(2.2, RADIUS * sqrt(count / most)), 1) if count else 0.0


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0
    return "" if not part else f"{share:.0f}%" if share >= 1 else "<1%"


def _tops(path: Path, langs: set[str]) -> dict[str, list[tuple[str, str]]]:
    """The heaviest artifacts of each language; the table has them in that order."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    full: set[str] = set()
    for row in read_table(path, ["kind", "langs", "titles"]):
        for lang, title in row["titles"]:
            if lang in langs and len(found[lang]) < TOP and (not row["langs"] or lang in row["langs"]):
                found[lang].append((title, artifact_classes()[row["kind"]].name if row["kind"] in artifact_classes() else row["kind"]))
                if len(found[lang]) == TOP:
                    full.add(lang)
        if full >= langs:
            break
    return found
