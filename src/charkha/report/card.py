"""dataset/README.md: the card as Hugging Face reads it, front matter first. It says what the run's files show, no more.

Names come from files that anybody may write (a recipe, a language file, a dump): each is escaped on its way in.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from charkha.core.files import write_text
from charkha.core.run import Run
from charkha.core.tables import DATASET
from charkha.report.facts import Facts, Tongue, read_facts

_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip

_KNOWN = {"CC BY-SA 4.0": "cc-by-sa-4.0", "CC BY 4.0": "cc-by-4.0", "CC0 1.0": "cc0-1.0"}  # as the hub calls them

COLUMNS = {
    "id": "the row's name; the same seed has the same id in every run",
    "messages": "the conversation: `role` and `content`",
    "subset": "the task",
    "lang": "Wikipedia code of the language",
    "message_langs": "the language of each message, as language and script (`hin_Deva`)",
    "context": "`open`: the passage stands in the first user turn; `closed`: the question stands alone; "
    "`answer_is_passage`: the answers are the page's own sentences",
    "split": "train, dev or test, by a hash of the page's Wikidata id, else of its page id: a page's rows are in one",
    "seed_id": "the attempt the row came of",
    "evidence": "spans of the page that support the row: page and revision id, offsets in code points, text",
    "provenance": "page title, URL, page and revision id, dump date, licence, source; an own document's ids follow from its "
    "path and its content",
    "generation": "`kind` is `model` or `template`; provider, model, its terms, prompt fingerprint, sampling, "
    "tokens in and out",
    "quality": "what the filters measured: name, message (null: the whole row), value",
}


def write_card(run: Run, dataset: Path | None = None) -> Path:
    """Writes README.md into the dataset's folder (by default the run's `dataset/`) and returns its path.

    Raises:
        RunError: stats.json is missing or damaged, or the disk is full.
    """
    folder = dataset or run.folder / "dataset"
    facts = read_facts(run, folder)
    parts = [
        _front(facts),
        _what(facts),
        _made(facts),
        _counts(facts),
        _columns(),
        _load(facts),
        _licences(facts),
        _retention(facts),
    ]
    parts += [_limits(facts), _trace()]
    path = folder / "README.md"
    write_text(path, "\n\n".join(part.strip("\n") for part in parts if part) + "\n")
    return path


def plain(text: Any) -> str:
    """A name as Markdown shows it letter by letter, on one line, also inside a table."""
    one = " ".join(str(text).split())
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", one.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def code(text: Any) -> str:
    """A name in code type; what would end it or a table's cell is taken out."""
    return "`" + (re.sub(r"[`|]", "'", " ".join(str(text).split())) or " ") + "`"


def _table(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    """A Markdown table whose columns after the first `left` are numbers."""
    rule = ["---" if at < left else "---:" for at in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def _title(facts: Facts) -> str:
    return " ".join(str(facts.recipe.get("name") or "Charkha dataset").split())


def _front(facts: Facts) -> str:
    langs = sorted({lang for _, lang in facts.files})
    data: dict[str, Any] = {"pretty_name": _title(facts), **_licence_keys(facts)}
    if langs:
        data["language"] = [facts.tongues[lang].tag.split("-")[0] for lang in langs]
    data["task_categories"] = ["text-generation"]
    data["size_categories"] = [next((name for limit, name in _SIZES if facts.exported < limit), "1B<n<10B")]
    data["tags"] = ["charkha", "synthetic", *(["template-baseline"] if facts.model_free else [])]
    configs = []
    for subset in facts.subsets:
        splits = [
            {"split": _split(paths), "path": f"{subset}/{_split(paths)}-*.parquet"} for paths in _files(facts, subset)
        ]
        if splits:
            configs.append({"config_name": subset, "data_files": splits})
    if configs:
        data["configs"] = configs
    return "---\n" + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000) + "---"


def _licence_keys(facts: Facts) -> dict[str, str]:
    if not facts.licences:
        return {}
    if len(facts.licences) == 1 and (known := _KNOWN.get(next(iter(facts.licences)))):
        return {"license": known}
    return {
        "license": "other",
        "license_name": " and ".join(sorted(facts.licences) if all(facts.licences) else ["unknown"]),
    }


def _files(facts: Facts, subset: str) -> list[list[Path]]:
    return [paths for (name, _), paths in sorted(facts.files.items()) if name == subset]


def _split(paths: list[Path]) -> str:
    """`hin_Deva` of `hin_Deva-00000-of-00002.parquet`."""
    return re.sub(r"-\d{5}-of-\d{5}$", "", paths[0].stem)


def _what(facts: Facts) -> str:
    lines = [f"# {plain(_title(facts))}"]
    if facts.model_free:
        share = (
            "Every row is"
            if facts.templates == facts.exported
            else f"{facts.templates:,} of {facts.exported:,} rows are"
        )
        lines.append(
            f"> **Template baseline: no model.** {share} `kind: template` in `generation`: filled from the pages' own "
            "sentences by fixed templates. For comparison and for trying the pipeline, not for training as if a model "
            "wrote it."
        )
    subsets = [code(subset) for subset in facts.subsets if any(name == subset for name, _ in facts.files)]
    langs = {lang for _, lang in facts.files}
    lines.append(
        f"{_several(facts.exported, 'row')} of instruction data in {_several(len(langs), 'language')} and "
        f"{_several(len(subsets), 'subset')}{' (' + ', '.join(subsets) + ')' if subsets else ''}. Each row rests on a "
        "passage of a page in its own language and names the page and its revision."
    )
    return "\n\n".join(lines)


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _made(facts: Facts) -> str:
    stats, sources = facts.stats, facts.stats.get("sources") or {}
    pages = sum(found.get("pages", 0) for found in sources.values())
    passages = sum(found.get("passages", 0) for found in sources.values())
    lines = ["## How it was made", ""]
    if facts.model_free:
        lines += [
            "Template baseline: no model wrote these rows."
            if facts.templates == facts.exported
            else "In part a template baseline.",
            "",
        ]
    lines += [
        f"1. {_origins(sources)} (below) became {_several(pages, 'page')} and {_several(passages, 'passage')}.",
        "2. Seeds were drawn from the passages: a passage, a task, a context and a variety, by the recipe's seed.",
        "3. The engine below wrote each row; the task's checks refused what was not sound.",
        "4. Filters measured every row that passed (`quality`) and decided by thresholds.",
        "5. What every stage kept stands here, in the order of the seeds.",
        "",
        _engines(stats.get("models") or {}),
        "",
        f"Made with Charkha {plain(stats['charkha'])}{', recipe of ' + plain(facts.made) if facts.made else ''}. "
        "Prompts, personas and sampling are this project's own. Roles without a model in the recipe did not run.",
        "",
        *_dumps(facts, sources),
    ]
    return "\n".join(lines)


def _origins(sources: dict[str, Any]) -> str:
    kinds = {"own" if found.get("documents") else "dump" for found in sources.values()}
    kinds |= {"dump" for found in sources.values() if (found.get("tally") or {}).get("articles")}
    if "own" in kinds:
        return "MediaWiki dumps and own documents" if "dump" in kinds else "Own documents"
    return "MediaWiki dumps"


def _engines(models: dict[str, Any]) -> str:
    rows = []
    for role, model in sorted(models.items(), key=lambda item: (item[0] != "writer", item[0])):
        free = model.get("template")
        engine = "none (templates)" if free else code(model.get("model", ""))
        terms = plain(model.get("terms") or ("does not apply" if free else "not stated"))
        rows.append([plain(role), engine, code(model.get("kind", "")), terms])
    return _table(["Role", "Engine", "Kind", "Terms"], rows, left=4)


def _dumps(facts: Facts, sources: dict[str, Any]) -> list[str]:
    rows = []
    for lang, found in sorted(sources.items()):
        cut = " (cut: used up to the cut)" if found.get("cut") else ""
        blocked = sum((found.get("blocked") or {}).values())
        name = code(found.get("dump", "")) + cut
        rows.append(
            [
                plain(facts.tongues[lang].english),
                name,
                f"{found.get('pages', 0):,}",
                f"{found.get('passages', 0):,}",
                f"{blocked:,}",
            ]
        )
    return [_table(["Language", "Source", "Pages", "Passages", "Blocked"], rows, left=2)] if rows else []


def _named(tongue: Tongue) -> str:
    return plain(tongue.english) + (f" ({plain(tongue.native)})" if tongue.native else "")


def _counts(facts: Facts) -> str:
    subsets = facts.subsets
    rows = []
    for lang in facts.langs:
        counts = [facts.rows.get((subset, lang), 0) for subset in subsets]
        rows.append(
            [
                _named(facts.tongues[lang]),
                code(facts.tongues[lang].code),
                *(f"{n:,}" for n in counts),
                f"{sum(counts):,}",
            ]
        )
    by_subset = [sum(n for (name, _), n in facts.rows.items() if name == subset) for subset in subsets]
    rows.append(["**all**", "", *(f"{n:,}" for n in by_subset), f"**{facts.exported:,}**"])
    head = ["Language", "Split", *map(code, subsets), "all"]
    return "\n".join(["## Rows", "", "One config per subset, one split per language.", "", _table(head, rows, left=2)])


def _columns() -> str:
    types = {
        "messages": "list of struct",
        "evidence": "list of struct",
        "quality": "list of struct",
        "message_langs": "list of string",
    }
    rows = []
    for column in DATASET:
        kind = "struct" if column.name in ("provenance", "generation") else types.get(column.name, str(column.type))
        rows.append([code(column.name), kind, COLUMNS.get(column.name, "")])
    return "\n".join(["## Columns", "", _table(["Column", "Type", "What it holds"], rows, left=3)])


def _load(facts: Facts) -> str:
    if not facts.files:
        return "## Load\n\nNo row was kept, so there is no file to load."
    subset, lang = max(sorted(facts.rows), key=lambda key: facts.rows[key])
    split = _split(facts.files[subset, lang])
    return f"""## Load

`dataset` is the folder of this card.

```python
from datasets import load_dataset

rows = load_dataset("./dataset", "{subset}", split="{split}")
print(rows[0]["messages"])
```

```python
from datasets import load_dataset

rows = load_dataset("parquet", data_files={{"{split}": "dataset/{subset}/{split}-*.parquet"}}, split="{split}")
print(rows.num_rows)
```

```python
import polars as pl

rows = pl.scan_parquet("dataset/{subset}/*.parquet").filter(pl.col("lang") == "{lang}").collect()
print(rows.select("id", "context"))
```

```python
import pyarrow.dataset as ds

rows = ds.dataset("dataset/{subset}", format="parquet").to_table(filter=ds.field("lang") == "{lang}")
print(rows.num_rows)
```"""


def _licences(facts: Facts) -> str:
    lines = ["## Licences and attribution", ""]
    if facts.licences:
        told = ", ".join(
            f"{plain(name) or 'not stated'} ({_several(n, 'row')})" for name, n in sorted(facts.licences.items())
        )
        lines.append(f"Content licence of the rows, from their sources: {told}.")
    lines += [
        f"A row that quotes, summarises or otherwise adapts a page is an adaptation of it: {_duty(facts)} `provenance` names page, revision and licence in every row; "
        "`ATTRIBUTION.parquet` lists every page used, with its address and how many rows rest on it.",
        *(
            []
            if facts.model_free and facts.templates == facts.exported
            else ["", "The terms of the models above apply beside the licence of the text."]
        ),
    ]
    return "\n".join(lines)


def _alike(facts: Facts) -> list[str]:
    """The licences that oblige whoever adapts a page to share alike."""
    return sorted(name for name in facts.licences if re.search(r"\b(BY-SA|ShareAlike|GFDL|GPL)\b", name, re.IGNORECASE))


def _duty(facts: Facts) -> str:
    alike = _alike(facts)
    if len(alike) == len(facts.licences):
        return "share it under the page's licence and credit the page's authors."
    some = f" Rows of pages under {plain(' or '.join(alike))} are shared under that licence." if alike else ""
    return f"the page's licence applies to it; do what it asks for, and credit the page's authors.{some}"


def _retention(facts: Facts) -> str:
    total = facts.stats["total"]
    rows = []
    for subset in facts.subsets:
        for lang in facts.langs:
            cell = facts.cell(subset, lang)
            if cell:
                rows.append(
                    [code(subset), plain(facts.tongues[lang].english), *_outcome(cell), plain(cell.get("ended") or "")]
                )
    rows.append(["**all**", "", *_outcome(total), ""])
    table = _table(["Subset", "Language", "Attempted", "Kept", "Dropped", "Failed", "Pending", "Ended"], rows, left=2)
    why: Counter[str] = Counter()
    for group in ("dropped", "failed"):
        why.update({f"{code(name)} ({group})": n for name, n in total[group].items()})
    reasons = ", ".join(f"{name} {n:,}" for name, n in sorted(why.items(), key=lambda item: (-item[1], item[0])))
    lines = ["## Retention", "", "Attempted = kept + dropped + failed + pending.", "", table]
    if reasons:
        lines += ["", f"Reasons: {reasons}. `report.html` beside the dataset's folder explains each."]
    if not facts.stats["balanced"]:
        lines += ["", "**The sums of this run differ: do not rely on this table.**"]
    if total["kept"] != facts.exported:
        lines += ["", f"{total['kept']:,} rows were kept; {facts.exported:,} stand in this dataset."]
    return "\n".join(lines)


def _outcome(cell: dict[str, Any]) -> list[str]:
    counts = [
        cell["attempted"],
        cell["kept"],
        sum(cell["dropped"].values()),
        sum(cell["failed"].values()),
        cell["pending"],
    ]
    return [f"{number:,}" for number in counts]


def _limits(facts: Facts) -> str:
    tongues = [facts.tongues[lang] for lang in facts.langs]
    unread = [tongue.english for tongue in tongues if tongue.reviewed_by == "none"]
    read = [f"{tongue.english} ({tongue.reviewed_by})" for tongue in tongues if tongue.reviewed_by not in ("", "none")]
    points = []
    if unread:
        points.append(f"No native speaker has reviewed the language files of: {plain(', '.join(unread))}.")
    if read:
        points.append(f"Language files reviewed by: {plain(', '.join(read))}.")
    points += [
        "Checks and filters are heuristics. A row that passes can still be wrong, dull or unidiomatic; language "
        "identification is weakest on short texts and between near languages.",
        "The errors, gaps and slants of the source pages are in the rows.",
    ]
    if _alike(facts) or not facts.licences:
        points.append(
            "Whether share-alike reaches the weights of a model trained on CC BY-SA text is an open question; this card "
            "does not settle it."
        )
    if "judge" not in (facts.stats.get("models") or {}):
        points.append("No judge model rated these rows.")
    if not (facts.recipe.get("source") or {}).get("blocklist"):
        points.append("No blocklist was given: pages that benchmarks are made of were not left out.")
    if any(cell.get("target") is not None and cell["kept"] < cell["target"] for cell in facts.cells):
        points.append("Some cells ended below their target; see Retention.")
    return "\n".join(["## Known limits", "", *(f"- {point}" for point in points)])


def _trace() -> str:
    return (
        "## Trace a row\n\n`charkha why ID --run RUN` prints a row's passage, prompt, raw reply, and every check and "
        "reason. RUN is the run folder; it is not part of this dataset."
    )
