"""Numbers by value: native digits, Indian and western grouping."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charkha.languages import load_all
from charkha.text.numbers import MAX_OPERANDS, ascii_digits, numbers, one_step, unsupported

DIGITS = sorted({language.digits for language in load_all()})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,87,500", ["187500"]), ("187,500", ["187500"]), ("187500", ["187500"]), ("१,८७,५००", ["187500"]), ("১,৮৭,৫০০", ["187500"]),
        ("۱٬۸۷٬۵۰۰", ["187500"]), ("۳٫۵", ["3.5"]), ("1,00,00,000 रुपये", ["10000000"]), ("12,345,678.25", ["12345678.25"]),
        ("3, 4", ["3", "4"]), ("1,23", ["1", "23"]), ("3.5 कि.मी.", ["3.5"]), ("सन् १९४७।", ["1947"]), ("10:30", ["10", "30"]),
        ("१९४७-५०", ["1947", "50"]), ("2,4,6", ["2", "4", "6"]), ("௧௨", ["12"]), ("H2O", ["2"]), ("", []), ("दो लाख", []),
        ("1857,1858", ["1857", "1858"]), ("१९४७,१९५०", ["1947", "1950"]), ("12,3456", ["12", "3456"]), ("1,23.5", ["1", "23.5"]),
        ("½ ² ①", []), ("0.50", ["0.5"]), ("007", ["7"]), ("500.", ["500"]),
    ],
)  # fmt: skip
def test_values(text: str, values: list[str]) -> None:
    assert numbers(text) == [Fraction(value) for value in values]


@given(st.integers(0, 10**12), st.sampled_from(DIGITS), st.sampled_from(["plain", "indian", "western"]))
def test_a_number_comes_back_from_any_digits_and_grouping(value: int, digits: str, grouping: str) -> None:
    said = f"{value:,}" if grouping == "western" else str(value)
    if grouping == "indian" and value >= 1000:
        head, tail = said[:-3], said[-3:]
        pairs = [head[max(0, at - 2) : at] for at in range(len(head), 0, -2)]
        said = ",".join([*reversed(pairs), tail])
    native = said.translate({ord(str(at)): digit for at, digit in enumerate(digits)})
    assert numbers(f"क {native} ख") == [Fraction(value)]
    assert ascii_digits(native) == said


@given(st.lists(st.integers(0, 99_999), min_size=1, max_size=6), st.sampled_from([" ", ", ", "; ", "–", " और "]))
def test_numbers_of_a_list_stay_apart(values: list[int], between: str) -> None:
    assert numbers(between.join(map(str, values))) == [Fraction(value) for value in values]


@given(st.lists(st.integers(1000, 2100), min_size=2, max_size=4))
def test_years_with_a_comma_and_no_space_stay_apart(values: list[int]) -> None:
    assert numbers(",".join(map(str, values))) == [Fraction(value) for value in values]


@given(st.text())
def test_any_text_keeps_its_length(text: str) -> None:
    assert len(ascii_digits(text)) == len(text)
    assert all(value >= 0 for value in numbers(text))


def test_one_step() -> None:
    reached = one_step([Fraction(1947), Fraction(1869), Fraction(3)])
    assert {Fraction(1947), Fraction(78), Fraction(3816), Fraction(5841)} <= reached
    assert Fraction(1947 + 1869 + 3) not in reached
    assert len(one_step(map(Fraction, range(10_000)))) <= 3 * MAX_OPERANDS**2


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("1869 में जन्म, 1948 में मृत्यु", []), ("वे ७९ वर्ष जिए", []), ("1,87,500 लोग", []), ("१८७५०० लोग", []), ("30 दिन", []),
        ("सन् 1950", ["1950"]), ("3.7 कि.मी.", ["3.7"]), ("32 दिन", ["32"]), ("0.5", ["0.5"]),
    ],
)  # fmt: skip
def test_what_no_text_supports(answer: str, wrong: list[str]) -> None:
    assert unsupported(answer, "जन्म १८६९, मृत्यु १९४८", "जन्म १८६९, मृत्यु १९४८; १,८७,५०० लोग आए") == wrong
