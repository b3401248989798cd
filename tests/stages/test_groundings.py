"""Groundings: passages, chains of linked pages, long documents; families capped; one order that all tasks share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from charkha.cli import main
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.stages.groundings import Drawing, Groundings
from charkha.tasks.grown.summarization import Summarization
from dumps import THEMES, Article, prose, write_dump
from runs import recipe, rows, stats

THEME = list(THEMES)


class Chained(Summarization):
    name: ClassVar[str] = "chained"
    reads: ClassVar[Any] = "chain"


class Long(Summarization):
    name: ClassVar[str] = "long"
    reads: ClassVar[Any] = "document"


TASKS: dict[str, Any] = {"summarization": Summarization(), "chained": Chained(), "long": Long()}


def article(number: int, *links: str, sections: int = 1) -> Article:
    theme = THEME[number % len(THEME)]
    parts = [prose(f"Subject {number}", 10, links, theme)]
    parts += [f"== Part {at} ==\n{prose(f'Part {at} of {number}', 24, (), theme)}" for at in range(1, sections)]
    return Article(number, f"Page {number}", "\n\n".join(parts))


def ingested(tmp_path: Path, articles: list[Article]) -> Run:
    path = write_dump(tmp_path / "enwiki-20261101-x.xml", articles)
    assert main(["ingest", str(path), "--lang", "en", "--out", str(tmp_path / "run")]) == 0
    return Run(tmp_path / "run")


def offered(run: Run, seed: int = 7, alike: int = 20, **options: Any) -> Groundings:
    return Groundings(run, "en", Drawing(seed, alike), TASKS, **options)


def all_of(groundings: Groundings, task: str) -> list[Any]:
    places = [position for position in range(len(groundings)) if groundings.offers(task, position)]
    return [groundings.grounding(position, TASKS[task].reads) for position in places]


def test_a_chain_is_joined_by_links_and_begins_with_its_anchor(tmp_path: Path) -> None:
    country = "Page 99"  # nearly everything links to it
    articles = [article(number, country, f"Page {number + 1}") for number in range(1, 9)]
    articles += [article(9, country), article(99), article(20, "Old name"), Article(21, "Old name", "", redirect="Page 3")]
    run = ingested(tmp_path, articles)
    groundings = offered(run)
    links = {row["title"]: row["links"] for path in run.tables("passages", "en") for row in read_table(path)}
    chains = all_of(groundings, "chained")
    by_anchor = {chain.anchor.title: [passage.title for passage in chain.passages] for chain in chains}
    assert by_anchor["Page 4"] == ["Page 4", "Page 5", "Page 6"]
    assert by_anchor["Page 20"] == ["Page 20", "Page 3", "Page 4"]  # through the redirect
    assert "Page 99" not in by_anchor  # it links to nothing
    for titles in by_anchor.values():
        assert len(set(titles)) == len(titles)
        for one, other in zip(titles, titles[1:], strict=False):
            assert other in links[one] or "Old name" in links[one]
    assert len({chain.id for chain in chains}) == len(chains)
    assert all({passage.split for passage in chain.passages} == {chain.anchor.split} for chain in chains)
    chain = next(chain for chain in chains if chain.anchor.title == "Page 4")
    alone = len(chain.anchor.sentences)
    assert chain.located(alone) == (chain.anchor, alone)
    assert chain.located(alone + 1) == (chain.passages[1], 1)
    with pytest.raises(IndexError):
        chain.located(sum(len(passage.sentences) for passage in chain.passages) + 1)


def test_a_chains_prompt_begins_with_the_anchors_own_bytes(tmp_path: Path) -> None:
    from charkha.core.recipe import Contexts
    from charkha.languages import load
    from charkha.tasks.prefix import shared_start
    from charkha.tasks.seeds import make_seed

    groundings = offered(ingested(tmp_path, [article(number, f"Page {number % 6 + 1}") for number in range(1, 7)]))
    for position in range(len(groundings)):
        alone, chained = groundings.grounding(position, "passage"), groundings.grounding(position, "chain")
        starts = [
            shared_start(make_seed(TASKS[name], grounding, 0, position, 7, Contexts()), load("en"))
            for name, grounding in (("summarization", alone), ("chained", chained))
        ]
        assert starts[0][0] == starts[1][0]
        assert starts[1][1].content.startswith(starts[0][1].content)
        assert len(starts[1][1].content) > 1.5 * len(starts[0][1].content)


def test_a_long_article_is_one_document(tmp_path: Path) -> None:
    run = ingested(tmp_path, [article(1, sections=6), article(2), article(3, sections=40), article(4, sections=2)])
    documents = {document.anchor.title: document for document in all_of(offered(run), "long")}
    assert sorted(documents) == ["Page 1", "Page 3"]
    passages = documents["Page 1"].passages
    assert [passage.start for passage in passages] == sorted(passage.start for passage in passages)
    assert {passage.page_id for passage in passages} == {1}
    assert sum(len(passage.text) for passage in passages) >= 6_000
    assert sum(len(passage.text) for passage in documents["Page 3"].passages) <= 24_000


def village(number: int) -> Article:
    """A bot's stub: one text with other names and numbers in it."""
    name, district = f"Gram{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}pur", ("Nadia", "Bankura", "Purulia")[number % 3]
    return Article(
        1_000 + number,
        name,
        f"{name} is a village in the [[{district}]] district. It lies {number % 40 + 2} km from the town and {number % 17 + 5} km from the railway. "
        f"In the census of 2011 it had a population of {number * 37 + 412}, of whom {number * 11 + 90} were women. The literacy rate of {name} is "
        f"{number % 60 + 30} per cent. The people of the village speak Bengali and live by farming. There is a primary school and a post office in "
        f"{name}. The nearest hospital stands in {district}. Buses run to the town from six in the morning.",
    )


def test_a_family_of_stubs_is_capped_and_nothing_else_is(tmp_path: Path) -> None:
    stubs = [village(number) for number in range(120)]
    own = [article(number) for number in range(1, 31)]
    run = ingested(tmp_path, [*stubs, *own])
    titles = [passage.anchor.title for passage in all_of(offered(run), "summarization")]
    assert sum(title.startswith("Gram") for title in titles) == 20
    assert sum(title.startswith("Page") for title in titles) == 30
    few = [passage.anchor.title for passage in all_of(offered(run, alike=3), "summarization")]
    assert sum(title.startswith("Gram") for title in few) == 3
    other = [passage.anchor.title for passage in all_of(offered(run, seed=8), "summarization")]
    assert set(other) != set(titles)
    assert titles == [passage.anchor.title for passage in all_of(offered(run), "summarization")]


def test_the_order_spreads_over_categories(tmp_path: Path) -> None:
    def with_category(number: int, category: str) -> Article:
        made = article(number)
        return Article(number, made.title, f"{made.text}\n[[Category:{category}]]")

    many = [with_category(number, "Cricketers") for number in range(1, 41)]
    few = [with_category(number, f"Craft {number}") for number in range(50, 55)]
    titles = [found.anchor.page_id for found in all_of(offered(ingested(tmp_path, [*many, *few])), "summarization")]
    assert sum(number >= 50 for number in titles[:6]) == 5


def test_the_policy_decides_what_is_offered(tmp_path: Path) -> None:
    run = ingested(tmp_path, [article(number) for number in range(1, 11)])
    groundings = offered(run, allowed=lambda task, tags: task.name != "long")
    assert groundings.supply("summarization") == 10
    assert groundings.supply("long") == 0
    assert groundings.count("summarization", 3, 27) == 24
    assert groundings.after("summarization", 3, 10, 99) == 13


TASK_FILE = '''
from charkha.tasks.grown.summarization import Summarization

class Mine(Summarization):
    name = "{name}"
    reads = "{reads}"
'''


def test_tasks_of_every_kind_run_side_by_side(tmp_path: Path) -> None:
    articles = [article(number, f"Page {number % 9 + 1}", sections=1 + 5 * (number % 3 == 0)) for number in range(1, 10)]
    dump = write_dump(tmp_path / "enwiki-20261101-x.xml", articles)
    for name, reads in (("hopping", "chain"), ("whole", "document")):
        (tmp_path / f"{name}.py").write_text(TASK_FILE.format(name=name, reads=reads), encoding="utf-8")
    tasks = ["summarization", str(tmp_path / "hopping.py"), str(tmp_path / "whole.py")]
    path = recipe(tmp_path, ["en"], source={"dumps": {"en": str(dump)}}, tasks=tasks, targets={"seeds": 500}, max_uses_per_passage=2)
    out = tmp_path / "run"
    assert main(["run", str(path), "--out", str(out)]) == 0
    found = {cell["subset"]: cell for cell in stats(out)["cells"]}
    passages = list(read_table(Run(out).groundings_path("en")))
    assert found["summarization"]["attempted"] == 2 * len(passages)
    assert found["hopping"]["attempted"] == 2 * sum(bool(row["chain"]) for row in passages)
    assert found["whole"]["attempted"] == 2 * sum(row["document"] > 0 for row in passages) == 2 * 3
    assert {cell["ended"] for cell in found.values()} == {"source exhausted"}
    chained = [row for row in rows(out) if row["subset"] == "hopping"]
    owed = {page["page_id"] for row in chained for page in json.loads(row["extra"])["other_pages"]}
    credited = {row["page_id"] for row in read_table(out / "dataset" / "ATTRIBUTION.parquet")}
    kept = [row for row in rows(out / "dataset" / "hopping")]
    assert chained
    assert owed
    if kept:
        assert credited >= {row["provenance"]["page_id"] for row in kept}
    assert main(["why", chained[0]["id"], "--run", str(out)]) == 0
