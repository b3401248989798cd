"""Checks tools/mediawiki_block.py against a small hand-made MediaWiki: no package, no network."""

from __future__ import annotations

import importlib.util
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "mediawiki_block.py"

ENGLISH = r"""<?php
/** A comment with an apostrophe: it's one, and an opening [ too. */
$fallback = false;
$namespaceNames = [
    NS_MEDIA => 'Media', NS_SPECIAL => 'Special', NS_MAIN => '', NS_TALK => 'Talk',
    # NS_PROJECT's name is "set" elsewhere
    NS_PROJECT_TALK => '$1_talk',
    NS_FILE => 'File', // don't stop here ];
    NS_CATEGORY => 'Category',
];
$namespaceAliases = [ 'Image' => NS_FILE ];
$magicWords = [
    '!' => [ 1, '!' ],
    'defaultsort' => [ 1, 'DEFAULTSORT:' ],
    'img_none' => [ 1, 'none', 'no' ],
    'img_width' => [ 1, '$1px' ],
    'redirect' => [ 0, '#REDIRECT' ],
];
"""

LOCAL = r"""<?php
$fallback = 'xb, en';
$linkTrail = "/^([\x{0980}-\x{09FF}]+)(.*)$/sDu";
$namespaceNames = array(
    NS_FILE => 'Bild',
    NS_CATEGORY => "Fa\"ch_eins",
    NS_USER => SOME_CALL( 'x', [ 1, 2 ] ) . 'y',
    NS_TEMPLATE => 'Muster',
);
$namespaceAliases = [ 'Alt_$1' => NS_PROJECT_TALK, 'Kind\'s' => NS_CATEGORY, '{{grammar:gen|$1}}' => NS_PROJECT_TALK ];
$namespaceGenderAliases = [ NS_USER => [ 'male' => 'Nutzer', 'female' => 'Nutzerin' ] ];
$magicWords = [
    'redirect' => [ '0', '#HIN', '#REDIRECT' ],
    'img_none' => [ '1', 'য়' ],
];
$digitTransformTable = [ '0' => '০', '1' => '১', '2' => '২', '3' => '৩', '4' => '৪', '5' => '৫', '6' => '৬', '7' => '৭', '8' => '৮', '9' => '৯', '.' => ',' ];
$digitGroupingPattern = "#,##,##0.###";
"""

BETWEEN = "<?php $namespaceAliases = [ 'Zwischen' => NS_CATEGORY ]; $magicWords = [ 'redirect' => [ 0, '#MITTE' ] ];"

MODULES = "<?php $namespaceNames['en'] = [ 828 => 'Module' ]; $namespaceNames['xa'] = [ 828 => 'M_1' ];"

FUNCTIONS = "<?php $magicWords['en'] = [ 'if' => [ 0, 'if' ] ];\n$magicWords['xa'] = [ 'if' => [ 0, 'wenn' ] ];"

HEAD = b"code: xaa_Latn\r\n# kept: \xe0\xa6\xaf\xe0\xa6\xbc\nlist: [a,  b]"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The script as a module: it is not part of the package."""
    spec = importlib.util.spec_from_file_location("mediawiki_block", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder laid out as the extracted Debian packages are."""
    root = tmp_path / "packages" / "usr/share/mediawiki"
    files = {
        "languages/messages/MessagesEn.php": ENGLISH,
        "languages/messages/MessagesXa.php": LOCAL,
        "languages/messages/MessagesXb.php": BETWEEN,
        "extensions-core/Scribunto/Scribunto.namespaces.php": MODULES,
        "extensions-core/ParserFunctions/ParserFunctions.i18n.magic.php": FUNCTIONS,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "packages"


@pytest.fixture
def languages(tmp_path: Path) -> Path:
    """A folder with one language file whose last line has no newline."""
    folder = tmp_path / "languages"
    folder.mkdir()
    (folder / "xa.yaml").write_bytes(HEAD)
    return folder


def written(tool: ModuleType, source: Path, languages: Path, code: str = "xa") -> dict[str, Any]:
    """Runs the script over one language file; returns the block that the file then ends with."""
    assert tool.main([str(source), code, "--languages", str(languages)]) == 0
    block: dict[str, Any] = yaml.safe_load((languages / f"{code}.yaml").read_bytes())["mediawiki"]
    return block


def test_namespaces_are_local_then_fallback_then_english(tool: ModuleType, source: Path, languages: Path) -> None:
    names = written(tool, source, languages)["namespaces"]
    assert names[6] == ["Bild", "File", "Image"]
    assert names[14] == ['Fa"ch eins', "Kind's", "Zwischen", "Category"]
    assert names[2] == ["Nutzer", "Nutzerin"]
    assert names[10] == ["Muster"]
    assert names[828] == ["M 1", "Module"]
    assert names[100] == ["Portal"]
    assert 0 not in names


def test_project_patterns_are_filled_and_grammar_is_left_out(tool: ModuleType, source: Path, languages: Path) -> None:
    names = written(tool, source, languages)["namespaces"]
    assert names[4] == ["Wikipedia", "WP", "Project"]
    assert names[5] == ["Alt Wikipedia", "Wikipedia talk", "Project talk"]


def test_magic_words_keep_every_spelling_and_survive_yaml(tool: ModuleType, source: Path, languages: Path) -> None:
    block = written(tool, source, languages)
    assert block["redirect"] == ["#HIN", "#REDIRECT", "#MITTE"]
    assert block["magic"]["img_none"] == [unicodedata.normalize("NFC", "\u09df"), "none", "no"]
    assert block["magic"]["if"] == ["wenn", "if"]
    assert block["magic"]["!"] == ["!"]
    assert block["magic"]["img_width"] == ["$1px"]
    assert list(block["magic"]) == sorted(block["magic"], key=str)
    assert "redirect" not in block["magic"]


def test_digits_and_their_groups_are_kept(tool: ModuleType, source: Path, languages: Path) -> None:
    block = written(tool, source, languages)
    assert (block["digits"], block["grouping"]) == ("০১২৩৪৫৬৭৮৯", "#,##,##0.###")


def test_a_second_run_changes_no_byte_and_text_above_stays(tool: ModuleType, source: Path, languages: Path) -> None:
    path = languages / "xa.yaml"
    written(tool, source, languages)
    first = path.read_bytes()
    assert first.startswith(HEAD + b"\n\n" + tool.MARKER.encode() + b"\nmediawiki:\n")
    written(tool, source, languages)
    assert path.read_bytes() == first
    path.write_bytes(first.replace(b"list: [a,  b]", b"list: [c]").replace(b"Bild", b"stale"))
    written(tool, source, languages)
    assert path.read_bytes() == first.replace(b"list: [a,  b]", b"list: [c]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mediawiki: {{}}\n", "stands above the marker"),
        ("a: 1\n{marker}\nmediawiki: {{}}\nlate: 1\n", "xa.yaml:2: other keys stand below the marker"),
    ],
)
def test_a_file_that_would_lose_something_is_refused(
    tool: ModuleType, source: Path, languages: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    path = languages / "xa.yaml"
    path.write_text(text.format(marker=tool.MARKER))
    before = path.read_bytes()
    assert tool.main([str(source), "xa", "--languages", str(languages)]) == 2
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before


def test_errors_are_one_line_with_a_way_out(
    tool: ModuleType, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main([str(tmp_path / "nowhere"), "xa"]) == 2
    assert "--fetch" in capsys.readouterr().err
    assert tool.main([str(source), "zz"]) == 2
    assert "no language 'zz'" in capsys.readouterr().err
    cut = source / "usr/share/mediawiki/languages/messages/MessagesXc.php"
    cut.write_text(LOCAL[:200])
    assert tool.main([str(source), "xc"]) == 2
    error = capsys.readouterr().err
    assert "ends inside an array" in error
    assert error.count("\n") == 1


def test_a_language_without_a_file_is_listed_or_printed(
    tool: ModuleType, source: Path, languages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main([str(source), "xb", "--languages", str(languages)]) == 3
    assert "no language file yet for: xb" in capsys.readouterr().err
    assert tool.main([str(source), "xb", "--print"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["mediawiki"]["namespaces"][14] == ["Zwischen", "Category"]
