"""From category trees to rows: what artifacts change in a run's order, its seeds, its rows, and what a later change of them costs."""

from __future__ import annotations

import bz2
import json
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest

from charkha.cli import main
from charkha.core.run import Run
from charkha.core.tables import read_table
from charkha.stages.groundings import Drawing, Groundings
from charkha.tasks.grown.summarization import Summarization
from dumps import THEMES, Article, prose, write_dump
from runs import SAMPLE, charkha, dump_of, one_line, recipe, rows, stats

THEME = list(THEMES)
PRIVATE = '''
from charkha.tasks.grown.summarization import Summarization

class Cultural(Summarization):
    name = "cultural"
    reads = "artifact"
'''


class Cultural(Summarization):
    name: ClassVar[str] = "cultural"
    reads: ClassVar[Any] = "artifact"


TASKS: dict[str, Any] = {"summarization": Summarization(), "cultural": Cultural()}


def article(number: int, category: str, *links: str) -> Article:
    text = prose(f"Subject {number}", 12, links, THEME[number % len(THEME)])
    return Article(number, f"Page {number}", f"{text}\n\n[[Category:{category}]]")


def category(number: int, title: str, *parents: str) -> Article:
    return Article(number, f"Category:{title}", " ".join(f"[[Category:{parent}]]" for parent in parents), ns=14)


TREE = [
    category(900, "Culture of India"),
    category(901, "Indian cuisine", "Culture of India"),
    category(902, "Handicrafts of India", "Culture of India"),
    category(903, "Sport in India", "Culture of India"),
    category(904, "Indian cricketers", "Sport in India"),
]


def made(tmp_path: Path, articles: list[Article]) -> Run:
    path = write_dump(tmp_path / "enwiki-20261101-x.xml", [*articles, *TREE])
    run = tmp_path / "run"
    assert main(["ingest", str(path), "--lang", "en", "--out", str(run)]) == 0
    assert main(["artifacts", str(run), "--root", "Category:Culture of India"]) == 0
    return Run(run)


def order(run: Run, share: float = 0.5, seed: int = 7) -> list[tuple[str, str]]:
    """(title, artifact) in the order of use."""
    groundings = Groundings(run, "en", Drawing(seed, 20, share), TASKS)
    found = [groundings.grounding(position, "passage") for position in range(len(groundings))]
    return [(one.anchor.title, one.artifact) for one in found]


def test_artifacts_and_others_come_in_turn_until_one_kind_is_used_up(tmp_path: Path) -> None:
    articles = [article(number, "Indian cuisine") for number in range(1, 7)] + [article(number, "Villages") for number in range(20, 40)]
    run = made(tmp_path, articles)
    kinds = [bool(artifact) for _, artifact in order(run)]
    assert sum(kinds) == 6
    assert [sum(kinds[: 2 * turn]) for turn in range(1, 7)] == [1, 2, 3, 4, 5, 6]
    assert [bool(artifact) for _, artifact in order(run, share=0)].index(True) >= 20
    assert all(artifact for _, artifact in order(run, share=1)[:6])
    assert sorted(order(run)) == sorted(order(run, share=1))


def test_classes_take_turns_and_what_fills_trees_waits(tmp_path: Path) -> None:
    articles = [article(number, "Indian cricketers") for number in range(1, 31)]
    articles += [article(number, "Indian cuisine") for number in range(40, 46)] + [article(number, "Handicrafts of India") for number in range(50, 56)]
    run = made(tmp_path, articles)
    first = [title for title, _ in order(run, share=1)][:16]
    numbers = [int(title.removeprefix("Page ")) for title in first]
    assert sum(40 <= number < 46 for number in numbers) == 6
    assert sum(50 <= number < 56 for number in numbers) == 6
    kinds = {row["id"]: row for row in read_table(run.folder / "artifacts" / "artifacts.parquet")}
    assert Counter(row["kind"] for row in kinds.values()) == {"sport": 30, "cuisine": 6, "craft": 6}
    assert max(row["weight"] for row in kinds.values() if row["kind"] == "sport") < 0.25 * min(row["weight"] for row in kinds.values() if row["kind"] == "craft")


def test_an_artifacts_surroundings_are_what_it_is_linked_with(tmp_path: Path) -> None:
    country = "Page 99"  # nearly everything links to it
    articles = [
        article(1, "Indian cuisine", country, "Page 2", "Page 30"), article(2, "Handicrafts of India", country, "Page 1"),
        article(3, "Indian cuisine", country), article(99, "Countries"), article(30, "Towns", country), article(31, "Towns", country, "Page 3"),
        *(article(number, "Towns", country) for number in range(40, 50)),
    ]  # fmt: skip
    run = made(tmp_path, articles)
    groundings = Groundings(run, "en", Drawing(7, 20), TASKS)
    found = {}
    for position in range(len(groundings)):
        if groundings.offers("cultural", position):
            grounding = groundings.grounding(position, "artifact")
            found[grounding.anchor.title] = [passage.title for passage in grounding.passages[1:]]
            assert grounding.artifact == f"en:{grounding.anchor.page_id}"
    splits = {row["title"]: row["split"] for row in read_table(run.tables("passages", "en")[0])}
    same = {title for title in found["Page 1"] if splits[title] == splits["Page 1"]}
    assert set(found) <= {"Page 1", "Page 2", "Page 3"}
    assert found["Page 1"] == ["Page 2", "Page 30"]  # it links back; fewest link to it
    assert found["Page 3"] == ["Page 31", "Page 99"]  # a page that only links to it is near, too
    assert same == set(found["Page 1"])


@pytest.mark.timeout(200)
def test_a_task_that_reads_artifacts_runs_beside_others_and_its_rows_name_them(tmp_path: Path) -> None:
    (tmp_path / "cultural.py").write_text(PRIVATE, encoding="utf-8")
    path = recipe(tmp_path, ["ne", "en"], tasks=["summarization", "./cultural.py"], targets={"rows": 3})
    charkha("run", path, "--out", tmp_path / "run")
    told = {row["id"]: row for row in read_table(tmp_path / "run" / "artifacts" / "artifacts.parquet")}
    kept = [row for row in rows(tmp_path / "run", "dataset") if "provenance" in row and row.get("subset") == "cultural"]
    assert len(kept) >= 4
    for row in kept:
        artifact = told[row["provenance"]["artifact"]]
        assert dict(artifact["titles"])[row["lang"]] == row["provenance"]["title"]
        assert row["lang"] in artifact["langs"]
    stats(tmp_path / "run")
    why = charkha("why", kept[0]["id"], "--run", tmp_path / "run").stdout
    assert f"artifact {kept[0]['provenance']['artifact']} (" in why
    credited = {row["title"] for row in read_table(tmp_path / "run" / "dataset" / "ATTRIBUTION.parquet")}
    assert len(credited) > len({row["provenance"]["title"] for row in kept})
    assert "#culture" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_wikidata_ids_come_with_the_dump_and_splits_follow_them_in_every_language(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for lang in ("en", "hi", "gu", "pa"):
        charkha("ingest", dump_of(lang), "--lang", lang, "--out", run)
    found: dict[str, set[str]] = {}
    for lang in ("en", "hi", "gu", "pa"):
        for row in read_table(Run(run).tables("pages", lang)[0]):
            if row["wikidata_id"]:
                found.setdefault(row["wikidata_id"], set()).add(row["split"])
                if row["title"] == "Stepwell":
                    assert {lang for lang, _ in row["langlinks"]} == {"gu", "hi", "pa"}
        told = json.loads((run / "pages" / lang / "ingest.json").read_text(encoding="utf-8"))
        assert told["split_by"]["wikidata_id"] >= 6
        assert not list((run / "pages" / lang).glob("facts*"))
    assert all(len(splits) == 1 for splits in found.values())
    assert len(found) < 24  # some items have a page in several of them


def test_a_table_that_is_cut_is_told_when_the_dump_is_read(tmp_path: Path) -> None:
    for path in SAMPLE.glob("guwiki-*"):
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(data[: len(data) * 2 // 3] if "langlinks" in path.name else data)
    dump = next(tmp_path.glob("guwiki-*.xml.bz2"))
    done = charkha("ingest", dump, "--lang", "gu", "--out", tmp_path / "run", code=3)
    assert "guwiki-20261101-langlinks.sql.gz" in one_line(done)
    assert all(row["wikidata_id"] for row in read_table(Run(tmp_path / "run").tables("pages", "gu")[0]) if row["page_id"] < 190)


def test_a_table_that_is_none_costs_nothing_that_was_read_before(tmp_path: Path) -> None:
    run = tmp_path / "run"
    charkha("ingest", dump_of("gu"), "--lang", "gu", "--out", run)
    before = list(read_table(Run(run).tables("pages", "gu")[0]))
    newer = tmp_path / "guwiki-20261201-pages-articles.xml.bz2"
    newer.write_bytes(dump_of("gu").read_bytes())
    (tmp_path / "guwiki-20261201-page_props.sql").write_text("<html>503</html>", encoding="utf-8")
    with newer.open("ab") as more:
        more.write(bz2.compress(b"\n"))
    assert "page_props" in one_line(charkha("ingest", newer, "--lang", "gu", "--out", run, code=2))
    assert (run / "pages" / "gu" / "ingest.json").exists()
    assert list(read_table(Run(run).tables("pages", "gu")[0])) == before


def test_a_blocklist_reaches_other_languages_through_wikidata(tmp_path: Path) -> None:
    run, blocked = tmp_path / "run", tmp_path / "blocklist.jsonl"
    blocked.write_text('{"lang": "en", "title": "Stepwell"}\n', encoding="utf-8")
    charkha("ingest", dump_of("gu"), "--lang", "gu", "--out", run, "--blocklist", blocked)
    titles = {row["title"] for row in read_table(Run(run).tables("passages", "gu")[0])}
    assert "વાવ" not in titles
    assert len(titles) == 5


@pytest.mark.timeout(200)
def test_a_run_that_has_drawn_seeds_keeps_its_order_until_artifacts_are_asked_for(tmp_path: Path) -> None:
    path, run = recipe(tmp_path, ["ne"], tasks=["summarization"], culture=False), tmp_path / "run"
    charkha("run", path, "--out", run)
    before = rows(run)
    charkha("run", path, "--out", run)
    assert rows(run) == before
    assert not (run / "artifacts").exists()
    charkha("artifacts", run, "--sql", SAMPLE)
    charkha("run", path, "--out", run)
    after = stats(run)
    cell = after["cells"][0]
    assert cell["dropped"]["renewed"] == len(before)
    assert cell["kept"] >= 2


@pytest.mark.timeout(200)
def test_an_edition_that_is_no_language_of_the_recipe_lends_its_tree(tmp_path: Path) -> None:
    english = tmp_path / "english"
    english.mkdir()
    for path in SAMPLE.glob("enwiki-*.sql.gz"):
        (english / path.name).symlink_to(path)
    source = {"dumps": {"hi": str(dump_of("hi"))}, "sql": {"en": str(english)}}
    path = recipe(tmp_path, ["hi"], source=source, tasks=["summarization"])
    charkha("run", path, "--out", tmp_path / "run")
    told = json.loads((tmp_path / "run" / "artifacts" / "artifacts.json").read_text(encoding="utf-8"))
    assert {"en", "hi"} <= {code for root in told["roots"] for code in root["placed"]}
    found = {dict(row["titles"]).get("en"): row for row in read_table(tmp_path / "run" / "artifacts" / "artifacts.parquet")}
    assert dict(found["Madhubani art"]["titles"])["hi"] == "मधुबनी चित्रकला"
    source["sql"] = {"en": str(tmp_path / "nowhere")}
    done = charkha("run", recipe(tmp_path, ["hi"], source=source), "--out", tmp_path / "other", code=2)
    assert "nowhere" in one_line(done)


@pytest.mark.timeout(200)
def test_what_was_made_by_hand_is_not_undone(tmp_path: Path) -> None:
    path, run = recipe(tmp_path, ["ne"], tasks=["summarization"]), tmp_path / "run"
    charkha("ingest", dump_of("ne"), "--lang", "ne", "--out", run)
    charkha("artifacts", run, "--root", "ne:नेपाली खाना", "--depth", "0", "--sql", SAMPLE)
    before = list(read_table(run / "artifacts" / "artifacts.parquet"))
    assert [dict(row["titles"])["ne"] for row in before] == ["सेलरोटी"]
    charkha("run", path, "--out", run)
    assert list(read_table(run / "artifacts" / "artifacts.parquet")) == before


def test_a_root_that_is_nowhere_is_one_line(tmp_path: Path) -> None:
    done = charkha("artifacts", tmp_path / "run", "--sql", SAMPLE, "--root", "en:Culture of Atlantis", code=2)
    assert "en:Culture of Atlantis" in one_line(done)
    assert not (tmp_path / "run" / "artifacts" / "artifacts.json").exists()


def test_a_root_by_hand_does_not_make_its_own_country_foreign(tmp_path: Path) -> None:
    def weights(*roots: str) -> dict[str, float]:
        named = [word for root in roots for word in ("--root", root)]
        charkha("artifacts", run, "--lang", "bn", *named)
        return {row["id"]: row["weight"] for row in read_table(run / "artifacts" / "artifacts.parquet") if "IN" in row["origin"]}

    run = tmp_path / "run"
    charkha("ingest", dump_of("bn"), "--lang", "bn", "--out", run)
    own = weights()
    by_hand = weights("bn:ভারতীয় সংস্কৃতি")
    assert by_hand
    assert all(weight >= 0.7 * own[name] for name, weight in by_hand.items())


def test_phrases_that_no_category_has_are_told(tmp_path: Path) -> None:
    done = charkha("artifacts", tmp_path / "run", "--sql", SAMPLE, "--lang", "hi", "--include", "*zzz*")
    assert "lost: no category on any way is named by '*zzz*'" in done.stderr
