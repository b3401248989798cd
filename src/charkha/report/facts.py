"""What a run's files say, counted once for report and card. Nothing here computes an outcome: stats.json has them.

Parquet is read column by column and batch by batch; no row is held.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from charkha.core.errors import RecipeError, RunError
from charkha.core.run import Run
from charkha.core.tables import damaged
from charkha.languages import Language, load

_RIGHT_TO_LEFT = {"Arab", "Hebr", "Thaa", "Nkoo", "Syrc", "Adlm", "Rohg"}
_NOT_IN_CSS = re.compile(r"[^\w \-]")


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a language is named and shown; also one whose file is no longer there."""

    wiki: str
    code: str
    english: str
    native: str = ""
    direction: str = "auto"
    font: str = ""
    tag: str = ""  # BCP 47
    reviewed_by: str = ""  # empty: not known, its file is gone

    @property
    def css(self) -> str:
        """The name of its font class."""
        return "f-" + re.sub(r"[^a-z0-9]", "-", self.wiki.lower())

    @property
    def family(self) -> str:
        """The CSS font family: its own font, then what systems ship, then anything."""
        own = _NOT_IN_CSS.sub("", self.font)
        if "Nastaliq" in own:
            return (
                f'"{own}", "Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Awami Nastaliq", "Urdu Typesetting", serif'
            )
        return (f'"{own}", ' if own else "") + '"Noto Sans", "Nirmala UI", system-ui, sans-serif'

    @property
    def nastaliq(self) -> bool:
        """True for a hanging script that needs room above and below."""
        return "Nastaliq" in self.font


def tongue(name: str) -> Tongue:
    """The language called `name` (either code); what the code itself tells when there is no such file."""
    try:
        found: Language = load(name)
    except RecipeError:
        script = name.partition("_")[2]
        direction = "auto" if not script else "rtl" if script in _RIGHT_TO_LEFT else "ltr"
        return Tongue(name, name, name, direction=direction, tag=name.replace("_", "-"))
    native = found.names.get("native", "")
    return Tongue(
        wiki=found.wiki,
        code=found.code,
        english=found.name,
        native=native if native != found.name else "",
        direction=found.direction,
        font=found.font,
        tag=found.wiki,
        reviewed_by=found.reviewed_by,
    )


@dataclass
class Facts:
    """Everything the two pages say in numbers.

    files: (subset, Wikipedia code) -> the exported parquet files. rows: exported rows of each. contexts: context ->
    rows, per subset. kinds: model or template -> rows. licences: of the exported rows; source_licences: of the
    passages.
    """

    stats: dict[str, Any]
    tongues: dict[str, Tongue]
    made: str = ""
    files: dict[tuple[str, str], list[Path]] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    contexts: dict[str, Counter[str]] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    source_licences: dict[str, list[str]] = field(default_factory=dict)

    @property
    def recipe(self) -> dict[str, Any]:
        """The resolved recipe."""
        return self.stats.get("recipe") or {}

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells of stats.json."""
        return list(self.stats["cells"])

    @property
    def subsets(self) -> list[str]:
        """Subsets in the recipe's order (a private task by its file's name), then any other that has seeds."""
        named = [Path(str(task)).stem for task in self.recipe.get("tasks", [])]
        here = {str(cell["subset"]) for cell in self.cells}
        return [name for name in dict.fromkeys(named) if name in here] + sorted(here - set(named))

    @property
    def langs(self) -> list[str]:
        """Wikipedia codes of the languages with seeds, by English name."""
        return sorted({str(cell["lang"]) for cell in self.cells}, key=lambda lang: (self.tongues[lang].english, lang))

    @property
    def exported(self) -> int:
        """Rows in the dataset."""
        return sum(self.rows.values())

    @property
    def templates(self) -> int:
        """Exported rows made without a model."""
        return self.kinds["template"]

    @property
    def model_free(self) -> bool:
        """True when rows are, or were to be, a template baseline."""
        models = self.stats.get("models") or {}
        return bool(self.templates) if self.exported else any(model.get("template") for model in models.values())

    def cell(self, subset: str, lang: str) -> dict[str, Any] | None:
        """The cell of a subset and language, if seeds were drawn for it."""
        return next((c for c in self.cells if c["subset"] == subset and c["lang"] == lang), None)


def read_facts(run: Run, dataset: Path | None = None) -> Facts:
    """Reads stats.json and counts what the dataset's and the passages' columns hold.

    Raises:
        RunError: there is no stats.json, or it or a parquet file is damaged.
    """
    stats = _stats(run)
    for name in (stats.get("recipe") or {}).get("languages", []):
        if str(name).endswith((".yaml", ".yml")):
            tongue(str(name))  # a language of one's own is found by its code once its file was read
    langs = {str(cell["lang"]) for cell in stats["cells"]} | set(stats.get("sources") or {})
    facts = Facts(stats, {lang: tongue(lang) for lang in sorted(langs)}, _made(run))
    for path in sorted((dataset or run.folder / "dataset").glob("*/*.parquet")):
        _count_file(path, facts)
    for lang in sorted(stats.get("sources") or {}):
        found: Counter[str] = Counter()
        for path in run.tables("passages", lang):
            found += _values(path, "licence")
        facts.source_licences[lang] = sorted(found)
    return facts


def _stats(run: Run) -> dict[str, Any]:
    path = run.folder / "stats.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"no stats.json in {str(run.folder)!r}. Write it: charkha export {run.folder}") from error
    except ValueError as error:
        raise RunError(f"{str(path)!r} is damaged: {error}. Write it anew: charkha export {run.folder}") from error
    return data


def _made(run: Run) -> str:
    """When the last recipe was admitted: a fact of the run, so that the same run always gives the same page."""
    path = run.folder / "run.json"
    if not path.exists():
        return ""
    entries = run.record().get("entries") or [{}]
    return str(entries[-1].get("at", ""))


def _count_file(path: Path, facts: Facts) -> None:
    langs = _values(path, "lang")
    if not langs:
        return
    lang = min(langs)  # a file holds one
    key = (path.parent.name, lang)
    facts.tongues.setdefault(lang, tongue(lang))
    facts.files.setdefault(key, []).append(path)
    facts.rows[key] = facts.rows.get(key, 0) + langs.total()
    facts.contexts.setdefault(key[0], Counter()).update(_values(path, "context"))
    facts.kinds.update(_values(path, "generation", "kind"))
    facts.licences.update(_values(path, "provenance", "licence"))


def _values(path: Path, column: str, child: str = "") -> Counter[str]:
    """How often each value of a text column, or of a struct column's child, occurs."""
    found: Counter[str] = Counter()
    for batch in batches(path, [f"{column}.{child}" if child else column]):
        values = batch.column(column)
        counts = pc.value_counts(pc.struct_field(values, child) if child else values)
        found.update({str(item["values"] or ""): int(item["counts"]) for item in counts.to_pylist()})
    return found


def batches(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The record batches of a parquet file. Raises RunError as `whole` does."""
    with whole(path) as file:
        yield from file.iter_batches(batch_size=4096, columns=columns)


@contextmanager
def whole(path: Path) -> Iterator[pq.ParquetFile]:
    """An open parquet file.

    Raises:
        RunError: the file is not a whole parquet file.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error
