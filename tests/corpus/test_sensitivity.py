"""What a page touches, in fourteen languages: the categories that their wikis use, and those that only look like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from charkha.core.errors import RecipeError
from charkha.core.policy import TAGS
from charkha.core.records import Page
from charkha.corpus.sensitivity import sensitivity_of
from charkha.languages import BUNDLED, Language, load, load_all

FOURTEEN = "as bn en gu hi kn ml mr ne or pa ta te ur".split()


def page(lang: str, title: str = "", *categories: str, date: str = "20261101", **box: str) -> Page:
    return Page(lang, title, 1, 1, dump_date=date, categories=list(categories), infobox=box)


def tags(lang: str, title: str = "", *categories: str, date: str = "20261101", **box: str) -> list[str]:
    return sensitivity_of(page(lang, title, *categories, date=date, **box), load(lang))


# Category of living people; of births and of deaths in a year.
PEOPLE = {
    "as": ("জীৱিত লোক", "১৯৬৩ চনত জন্ম", "২০১১ চনত মৃত্যু"),
    "bn": ("জীবিত ব্যক্তি", "১৯৭২-এ জন্ম", "২০১২-এ মৃত্যু"),
    "en": ("Living people", "1972 births", "2012 deaths"),
    "gu": ("જીવિત લોકો", "૧૯૫૦માં જન્મ", "૨૦૧૨માં મૃત્યુ"),
    "hi": ("जीवित लोग", "1983 में जन्मे लोग", "२०१२ में निधन"),
    "kn": ("ಜೀವಂತ ವ್ಯಕ್ತಿಗಳು", "೧೯೪೮ ಜನನ", "೨೦೧೨ ನಿಧನ"),
    "ml": ("ജീവിച്ചിരിക്കുന്നവർ", "1972-ൽ ജനിച്ചവർ", "2012-ൽ മരിച്ചവർ"),
    "mr": ("हयात व्यक्ती", "इ.स. १९७२ मधील जन्म", "इ.स. २०१२ मधील मृत्यू"),
    "ne": ("जीवित व्यक्तिहरू", "सन् १९७२ मा जन्मेका व्यक्तिहरू", "सन् २०१२ मा मृत्यु"),
    "or": ("ଜୀବିତ ବ୍ୟକ୍ତି", "୧୯୬୦ ଜନ୍ମ", "୨୦୧୨ ମୃତ୍ୟୁ"),
    "pa": ("ਜ਼ਿੰਦਾ ਲੋਕ", "ਜਨਮ 1972", "ਮੌਤ 2012"),
    "ta": ("வாழும் நபர்கள்", "1972 பிறப்புகள்", "2012 இறப்புகள்"),
    "te": ("జీవిస్తున్న ప్రజలు", "1972 జననాలు", "2012 మరణాలు"),
    "ur": ("بقید حیات شخصیات", "1968ء کی پیدائشیں", "2012ء کی وفیات"),
}
# Tag, then categories that say it.
TOUCHED = {
    "as": {"communal_violence": "অসমত গণহত্যা", "caste": "অনুসূচীত জাতি", "sacred_text": "হিন্দু ধৰ্মগ্ৰন্থ", "disputed_territory": "বিতৰ্কিত অঞ্চল", "minors": "শিশু শ্ৰম"},
    "bn": {"communal_violence": "ভারতে দাঙ্গা", "caste": "তফসিলি জাতি", "sacred_text": "হিন্দু ধর্মগ্রন্থ", "disputed_territory": "এশিয়ার বিতর্কিত অঞ্চল", "minors": "ভারতে বাল্যবিবাহ"},
    "en": {"communal_violence": "Religiously motivated violence in India", "caste": "Indian castes", "sacred_text": "Hindu texts", "disputed_territory": "Disputed territories in Asia", "minors": "Murdered Indian children"},
    "gu": {"communal_violence": "ગુજરાતના રમખાણો", "caste": "ગુજરાતની જ્ઞાતિઓ", "sacred_text": "હિંદુ ધર્મગ્રંથ", "disputed_territory": "વિવાદિત વિસ્તારો", "minors": "બાળમજૂરી"},
    "hi": {"communal_violence": "भारत में दंगे", "caste": "राजस्थान की जातियां", "sacred_text": "हिन्दू धर्मग्रन्थ", "disputed_territory": "एशिया के विवादित क्षेत्र", "minors": "बाल श्रम"},
    "kn": {"communal_violence": "ಭಾರತದ ಕೋಮು ಗಲಭೆಗಳು", "caste": "ಕರ್ನಾಟಕದ ಜಾತಿಗಳು", "sacred_text": "ಹಿಂದೂ ಧರ್ಮಗ್ರಂಥಗಳು", "disputed_territory": "ವಿವಾದಿತ ಪ್ರದೇಶಗಳು", "minors": "ಬಾಲಕಾರ್ಮಿಕರು"},
    "ml": {"communal_violence": "കേരളത്തിലെ വർഗ്ഗീയ കലാപങ്ങൾ", "caste": "കേരളത്തിലെ ജാതികൾ", "sacred_text": "ഉപനിഷത്തുകൾ", "disputed_territory": "തർക്കപ്രദേശങ്ങൾ", "minors": "ബാലവേല"},
    "mr": {"communal_violence": "भारतातील दंगली", "caste": "महाराष्ट्रातील जाती", "sacred_text": "हिंदू धर्मग्रंथ", "disputed_territory": "वादग्रस्त प्रदेश", "minors": "बालविवाह"},
    "ne": {"communal_violence": "नेपालका नरसंहारहरू", "caste": "नेपालका जातजाति", "sacred_text": "हिन्दू धर्मग्रन्थहरू", "disputed_territory": "नेपाल-भारत सीमा विवाद", "minors": "बालश्रम"},
    "or": {"communal_violence": "ଭାରତର ସାମ୍ପ୍ରଦାୟିକ ଦଙ୍ଗା", "caste": "ଓଡ଼ିଶାର ଜାତି", "sacred_text": "ହିନ୍ଦୁ ଧର୍ମଗ୍ରନ୍ଥ", "disputed_territory": "ବିବାଦୀୟ ଅଞ୍ଚଳ", "minors": "ଶିଶୁ ଶ୍ରମ"},
    "pa": {"communal_violence": "ਭਾਰਤ ਵਿੱਚ ਦੰਗੇ", "caste": "ਜੱਟ ਗੋਤ", "sacred_text": "ਸਿੱਖ ਧਰਮ ਗ੍ਰੰਥ", "disputed_territory": "ਏਸ਼ੀਆ ਦੇ ਵਿਵਾਦਿਤ ਖੇਤਰ", "minors": "ਬਾਲ ਮਜ਼ਦੂਰੀ"},
    "ta": {"communal_violence": "இந்தியாவில் நடந்த படுகொலைகள்", "caste": "தமிழகச் சாதிகள்", "sacred_text": "இந்து சமய நூல்கள்", "disputed_territory": "ஆசியாவின் சர்ச்சைக்குரிய பகுதிகள்", "minors": "குழந்தைத் தொழிலாளர்"},
    "te": {"communal_violence": "భారతదేశంలో అల్లర్లు", "caste": "హిందూ కులాలు", "sacred_text": "హిందూ పవిత్ర గ్రంథాలు", "disputed_territory": "వివాదాస్పద ప్రాంతాలు", "minors": "బాల్య వివాహాలు"},
    "ur": {"communal_violence": "بھارت میں فسادات", "caste": "پنجاب کی ذاتیں", "sacred_text": "مکی سورتیں", "disputed_territory": "ایشیا کے متنازع علاقے", "minors": "بچوں پر تشدد"},
}  # fmt: skip
# Names that hold a sign's letters and mean something else: species, tribes, nations, breeds, surnames, places, colours, dead people.
INNOCENT = {
    "as": ["অসমৰ জনজাতি", "ভাৰতৰ জাতীয় উদ্যান", "জীৱিত জীৱাশ্ম", "অসমৰ সাহিত্য", "শিশু সাহিত্য"],
    "bn": ["জাতিসংঘের সদস্য রাষ্ট্র", "রং (বর্ণ)", "বাংলাদেশের জাতিগোষ্ঠী", "জাতির জনক", "ভারতীয় শিশু সাহিত্যিক", "শব্দিয় বর্ণমালা লিপি", "১৭৫৮-এ বর্ণিত স্তন্যপায়ী"],
    "en": ["Living fossils", "Casting (manufacturing)", "Dalhousie", "Riot grrrl", "Bibliographies", "Castles in India", "Massachusetts", "Birth control", "Cities and towns in Jammu district"],
    "gu": ["ગુજરાતના વેપારીઓ", "ગુજરાતની જનજાતિઓ", "બાળ સાહિત્ય", "વેદના", "ગુજરાતનું ભૂગોળ"],
    "hi": ["विलुप्त जातियाँ", "भारत की जनजातियाँ", "पक्षियों की प्रजातियाँ", "बाल साहित्य", "वेदना", "गीता दत्त", "सीमा सुरक्षा बल", "जातीय भाषाएँ", "काला पानी"],
    "kn": ["ಭಾರತದ ರಾಷ್ಟ್ರೀಯ ಉದ್ಯಾನಗಳು", "ಮಕ್ಕಳ ಸಾಹಿತ್ಯ", "ವೇದಾಂತ", "ಜಾತಿವಾಚಕ ಪದಗಳು", "ಪ್ರಭೇದಗಳು"],
    "ml": ["ജാതിക്ക", "കേരളത്തിലെ ഗോത്രവർഗ്ഗങ്ങൾ", "ബാലസാഹിത്യം", "വേദാന്തം", "കലാപരിപാടികൾ"],
    "mr": ["कुत्र्यांच्या जाती", "आंब्याच्या जाती", "भारतातील जमाती", "बालसाहित्य", "वेदांत"],
    "ne": ["कुकुरका जातहरू", "बाल साहित्य", "वेदना", "नेपालका सीमावर्ती जिल्लाहरू", "जीवित जीवाश्म"],
    "or": ["ଓଡ଼ିଶାର ଜନଜାତି", "ଶିଶୁ ସାହିତ୍ୟ", "ଭାରତର ଜାତୀୟ ଉଦ୍ୟାନ", "ବେଦନା", "ଜାତିସଂଘ"],
    "pa": ["ਕੁੱਤਿਆਂ ਦੀਆਂ ਜਾਤਾਂ", "ਬਾਲ ਸਾਹਿਤ", "ਜਨਜਾਤੀਆਂ", "ਪੰਛੀਆਂ ਦੀਆਂ ਪ੍ਰਜਾਤੀਆਂ", "ਵੇਦਨਾ"],
    "ta": ["படுகொலை செய்யப்பட்ட இந்திய அரசியல்வாதிகள்", "சாதிக்காய்", "தமிழ்நாட்டின் பழங்குடிகள்", "குழந்தை இலக்கியம்", "வேதாந்தம்"],
    "te": ["భారతదేశపు గిరిజన తెగలు", "బాల సాహిత్యం", "వేదాంతం", "పక్షి జాతులు", "జీవించే శిలాజాలు"],
    "ur": ["ذاتی زندگی", "بچوں کا ادب", "پاکستان کے قبائل", "سرحدی محافظ", "قرآن کے مفسرین", "آزاد کشمیر کے کھانے"],
}  # fmt: skip
TITLED = [
    ("bn", "২০০২ গুজরাত দাঙ্গা", ["communal_violence"]), ("ta", "நவாலி தேவாலயப் படுகொலை", ["communal_violence"]),
    ("ml", "മാറാട് കൂട്ടക്കൊല", ["communal_violence"]), ("hi", "ईशोपनिषद", ["sacred_text"]), ("bn", "কঠোপনিষদ্‌", ["sacred_text"]),
    ("te", "ఈశోపనిషత్తు", ["sacred_text"]), ("mr", "शिवपुराण", ["sacred_text"]), ("ur", "سورہ بقرہ", ["sacred_text"]),
    ("pa", "ਸੁਖਮਨੀ ਸਾਹਿਬ", ["sacred_text"]), ("gu", "બાળમજૂરી", ["minors"]), ("ne", "लिम्पियाधुरा", ["disputed_territory"]),
    ("kn", "ಬೆಳಗಾವಿ ಗಡಿ ವಿವಾದ", ["disputed_territory"]), ("en", "Manual scavenging", ["caste"]), ("as", "নেলী হত্যাকাণ্ড", ["communal_violence"]),
    ("or", "କନ୍ଧମାଳ ଦଙ୍ଗା", ["communal_violence"]), ("en", "Srinagar", []), ("hi", "सूरत", []), ("en", "Riot (dance)", []),
]  # fmt: skip


def test_the_fourteen_have_every_tag() -> None:
    for language in load_all():
        if language.wiki in FOURTEEN:
            assert set(language.sensitivity) == set(TAGS)
            assert all(signs.categories for signs in language.sensitivity.values())
            assert language.life.born.infobox
            assert language.life.died.infobox


@pytest.mark.parametrize("lang", FOURTEEN)
def test_people_live_until_something_says_they_died(lang: str) -> None:
    living, born, died = PEOPLE[lang]
    assert tags(lang, "", living) == ["living_person"]
    assert tags(lang, "", born) == ["living_person"]
    assert tags(lang, "", living, born, died) == []
    assert tags(lang, "", born, death_date="2012") == []
    assert tags(lang, "", birth_date="1972-05-03") == ["living_person"]
    assert tags(lang, "", birth_date="1972-05-03", death_place="x") == []


@pytest.mark.parametrize("lang", FOURTEEN)
def test_children_and_the_long_dead(lang: str) -> None:
    assert tags(lang, "", birth_date="2012-01-01") == ["living_person", "minors"]
    assert tags(lang, "", birth_date="2007-01-01") == ["living_person"]
    assert tags(lang, "", birth_date="1860") == []
    assert tags(lang, "", birth_date="1860", date="19100101") == ["living_person"]


@pytest.mark.parametrize("lang", FOURTEEN)
def test_categories_that_say_it(lang: str) -> None:
    assert set(TOUCHED[lang]) == set(TAGS) - {"living_person"}
    for tag, category in TOUCHED[lang].items():
        assert tags(lang, "", category) == [tag], category
    assert tags(lang, "", *TOUCHED[lang].values()) == sorted(TOUCHED[lang])


@pytest.mark.parametrize("lang", FOURTEEN)
def test_categories_that_only_look_like_it(lang: str) -> None:
    for category in INNOCENT[lang]:
        assert tags(lang, "", category) == [], category


@pytest.mark.parametrize("language", load_all(), ids=lambda language: language.wiki)
def test_a_plain_page_has_no_tag(language: Language) -> None:
    assert sensitivity_of(Page(language.wiki, language.sample_passage.title, 1, 1, categories=["x"]), language) == []


@pytest.mark.parametrize(("lang", "title", "expected"), TITLED)
def test_titles(lang: str, title: str, expected: list[str]) -> None:
    assert tags(lang, title) == expected


def test_spellings_that_a_reader_takes_as_equal() -> None:
    assert tags("ml", "", "ജീവിച്ചിരിക്കുന്നവര്‍") == ["living_person"]  # a chillu as consonant, virama and ZWJ
    assert tags("pa", "", "ਜਿੰਦਾ ਲੋਕ") == tags("pa", "", "ਜ਼ਿੰਦਾ ਲੋਕ") == ["living_person"]
    assert tags("ur", "", "1968ء كي پيدائشيں") == ["living_person"]  # Arabic kaf and yeh
    assert tags("en", "", "LIVING  PEOPLE") == ["living_person"]


def test_infobox_keys_and_values() -> None:
    assert tags("en", disputed="yes") == ["disputed_territory"]
    assert tags("en", Claimed_by="A, B") == ["disputed_territory"]
    assert tags("en", status="Disputed between A and B") == ["disputed_territory"]
    assert tags("en", status="Endangered") == []
    assert tags("en", caste_name="x") == ["caste"]
    assert tags("en", disputed="") == []
    assert tags("bn", জন্ম_তারিখ="২৪ মে, ১৯৫১") == ["living_person"]
    assert tags("mr", जन्म_दिनांक="३ मे, १९६९", मृत्यू_दिनांक="२००१") == []


def test_years_of_other_eras_are_counted_in_ours() -> None:
    assert tags("ne", birth_date="वि.सं. २०१० वैशाख ३") == ["living_person"]  # 1953, not a boy of sixteen
    assert tags("ne", "", "वि.सं. २०१० मा जन्मेका व्यक्तिहरू") == ["living_person"]
    assert tags("ne", birth_date="वि.सं. १९२० (सन् १८६३)") == []
    assert tags("bn", birth_date="১২ ভাদ্র ১৩৫৫ বঙ্গাব্দ") == ["living_person"]
    assert tags("en", birth_date="c. 586 BC") == []


def test_a_year_to_come_is_no_birth() -> None:
    assert tags("en", birth_date="2031") == []


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("sensitivity: {cast: {categories: [x]}}", "sensitivity"), ("sensitivity: {caste: {category: [x]}}", "category"),
        ("sensitivity: {caste: {categories: ['*']}}", "no phrase"), ("life: {born: {categories: ['{yaer} births']}}", "no phrase"),
        ("life: {eras: {samvat: -57}}", "{year}"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused(tmp_path: Path, line: str, word: str) -> None:
    text = (BUNDLED / "en.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("# When somebody was born")
    path = tmp_path / "xx.yaml"
    path.write_text(head + line + "\n" + rest[rest.index("# --- mediawiki") :], encoding="utf-8")
    with pytest.raises(RecipeError, match=word):
        load(path)
