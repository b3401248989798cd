"""Which SQL dumps belong to which edition, by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from charkha.core.errors import SourceError
from charkha.stages.wiki_files import sql_beside, sql_files


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_editions_and_tables_are_known_by_name_in_folders_below_too(tmp_path: Path) -> None:
    touch(tmp_path / "hi", "hiwiki-20261101-page.sql.gz", "hiwiki-20261101-image.sql.gz", "hiwiki-20261101-pages-articles.xml.bz2", "x.sql")
    touch(tmp_path / "zh", "zh_min_nanwiki-latest-categorylinks.sql", "simplewiki-langlinks.sql.bz2")
    found = sql_files([tmp_path])
    assert {wiki: sorted(tables) for wiki, tables in found.items()} == {"hi": ["page"], "simple": ["langlinks"], "zh-min-nan": ["categorylinks"]}


def test_tables_of_one_date_go_together(tmp_path: Path) -> None:
    touch(tmp_path, "hiwiki-20261001-page.sql.gz", "hiwiki-20261001-page_props.sql.gz", "hiwiki-20261001-langlinks.sql.gz")
    touch(tmp_path, "hiwiki-20261101-page_props.sql.gz", "hiwiki-20261101-linktarget.sql.gz")
    assert {path.name[7:15] for path in sql_files([tmp_path])["hi"].values()} == {"20261001", "20261101"}
    assert sql_files([tmp_path])["hi"]["page_props"].name == "hiwiki-20261001-page_props.sql.gz"
    touch(tmp_path, "hiwiki-20261101-page.sql.gz")
    assert sql_files([tmp_path])["hi"]["page_props"].name == "hiwiki-20261101-page_props.sql.gz"
    touch(tmp_path, "hiwiki-latest-page.sql.gz")
    assert sql_files([tmp_path])["hi"]["page"].name == "hiwiki-latest-page.sql.gz"


def test_what_is_nothing_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "dump.sql")
    with pytest.raises(SourceError, match="is not there"):
        sql_files([tmp_path / "none"])
    with pytest.raises(SourceError, match="does not say which table"):
        sql_files([tmp_path / "dump.sql"])


def test_beside_a_dump_only_those_of_its_wiki_and_date(tmp_path: Path) -> None:
    touch(tmp_path, "hiwiki-20261101-page_props.sql.gz", "hiwiki-20261001-page.sql.gz", "tawiki-20261101-page.sql.gz")
    found = sql_beside("hi", [tmp_path / "hiwiki-20261101-pages-articles.xml.bz2"])
    assert list(found) == ["page_props"]
    assert sql_beside("hi", [tmp_path / "hi.xml"]) == {}
