"""The columns of the labels and the text: chosen where they are clear, and a question otherwise."""

import random

import pytest

from fastlr.files.streams import ReadError
from fastlr.files.tables.column_roles import ColumnRoles

N = 400
R = random.Random(0)
COMMON = "the a film actor music plot scene was is very quite not good bad long short with and"
WORDS = COMMON.split()


def prose(n_words, seed=0):
    r = random.Random(seed)
    return [" ".join(r.choices(WORDS, k=r.randint(n_words // 2, 2 * n_words))) for _ in range(N)]


def pick(*values):
    r = random.Random(len(values))
    return [r.choice(values) for _ in range(N)]


def about(labels):
    """Texts with a word that tells the label."""
    return [f"{text} w{label}" for text, label in zip(prose(12), labels, strict=True)]


LABEL = pick("pos", "neg")
TEXT = about(LABEL)
ID = [str(1000 + i) for i in range(N)]
DATE = [f"2019-03-{i % 28 + 1:02d}" for i in range(N)]
ADDRESS = [f"https://a.example/{i % 9}" for i in range(N)]
CODES = [f"B00{i % 90:04d}" for i in range(N)]
PRICE = [f"{R.random() * 100:.2f}" for _ in range(N)]


def chosen(**columns):
    """Names of the label and the text columns."""
    names = list(columns)
    roles = ColumnRoles(names, list(columns.values()))
    label, _, rivals = roles.choose_label((), True)
    text, others = roles.choose_text(label)
    shown = [" ".join(names[column] for column in some) for some in (text, rivals, others)]
    return names[label], *shown


def test_what_is_no_label():
    """Ids, dates, addresses, numbers that were measured, constants, and parts of a data set."""
    others = {"i": ID, "d": DATE, "u": ADDRESS, "p": PRICE, "k": ["x"] * N, "s": pick("train", "test", "valid")}
    assert chosen(**others, c=CODES, a=LABEL, b=TEXT) == ("a", "b", "", "")


@pytest.mark.parametrize("name", ["label", "target", "sentiment", "category"])
def test_a_name_decides(name):
    columns = {"u": pick("ham", "spam"), "airline": pick("United", "Delta"), name: pick("a", "b", "c"), "x": TEXT}
    assert chosen(**columns)[:2] == (name, "x")
    assert "u" in chosen(**columns)[2]  # the next one


def test_likely_names_beat_none_and_others():
    columns = {"useful": pick("0", "1", "2"), "country": pick("US", "GB"), "stars": pick(*"12345"), "text": TEXT}
    assert chosen(**columns) == ("stars", "text", "", "")


def test_two_columns_that_are_close():
    for columns in (
        {"": LABEL, " ": pick("yes", "no", "maybe"), "  ": prose(12)},
        {"Product": pick("Mortgage", "Loan"), "Issue": pick("a", "b", "c"), "text": prose(12)},
        {"Rating": pick(*"12345"), "Class Name": pick("Dresses", "Pants"), "text": prose(12)},
    ):
        with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: .*, .*; --label names one"):
            chosen(**columns)


def test_labels_in_numbers_and_in_words_are_one():
    columns = {"x": LABEL, "x2": [str(LABEL.index(value)) for value in LABEL], "text": TEXT}
    assert chosen(**columns)[:2] == ("x", "text")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"score": PRICE, "text": TEXT}, "'score' holds many different numbers; --label names it"),
        ({"id": ID, "text": TEXT}, "'id' holds another value in each row"),
        ({"retweets": pick("0", "1", "2"), "id": ID, "text": TEXT}, "no column is clearly the label; the likeliest"),
        (
            {"label": pick("a,b", "a", "b"), "text": TEXT},
            "'label' holds several labels per document, such as 'a,b'",
        ),
        (
            {"label": pick("['a']", "['a', 'b']"), "text": TEXT},
            "several labels per document, such as \"\\['a', 'b'\\]\"",
        ),
        ({"tags": pick("<a><b>", "<c>"), "n": ID, "text": TEXT}, "'tags' holds several labels per document"),
        (
            {"toxic": pick("0", "1"), "obscene": pick("0", "1", "0"), "threat": pick("0", "0", "0", "1"), "text": TEXT},
            "3 columns hold 0 and 1: 'toxic', 'obscene', 'threat'. Several labels per document are not",
        ),
    ],
)
def test_what_nobody_can_train_on(columns, message):
    with pytest.raises(ReadError, match=message):
        chosen(**columns)


def test_lists_beside_their_first_label():
    primary = pick("cs.LG", "math.ST", "stat.ML")
    every = [
        f"{a},{b}" if a != b else a for a, b in zip(primary, pick("cs.LG", "stat.ML", "q-bio", "cs.CV"), strict=True)
    ]
    assert chosen(a=primary, b=every, c=about(primary))[:2] == ("a", "c")


def test_flags_beside_a_label():
    flags = {name: pick(*"01" * k) for k, name in enumerate(("verified", "x1", "x2", "x3"), 1)}
    assert chosen(**flags, label=pick("a", "b"), text=TEXT)[:2] == ("label", "text")


@pytest.mark.parametrize(
    ("columns", "text", "others"),
    [
        ({"title": prose(3, 1), "body": TEXT}, "title body", ""),
        ({"headline": prose(3, 1), "u": ADDRESS, "short_description": TEXT}, "headline short_description", ""),
        ({"subject": prose(6, 1), "message": TEXT}, "subject message", ""),
        ({"": prose(5, 1), " ": TEXT}, "  ", ""),
        ({"review": TEXT, "user": [f"Anna Smith {i}" for i in range(N)], "reply": prose(9, 2)}, "review", ""),
        ({"text": TEXT, "x": prose(12, 3)}, "text", "x"),
        ({"Resume_str": TEXT, "html": [f"<p>{text}</p>" for text in TEXT]}, "Resume_str", ""),
        ({"text": TEXT, "clean_text": [text.upper() for text in TEXT]}, "text", "clean_text"),
        ({"text": TEXT, "notes": ["a remark of words"] + [""] * (N - 1)}, "text", ""),
        ({"name": [f"Anna{i}" for i in range(N)]}, "name", ""),
        ({"url": ADDRESS}, "url", ""),
    ],
)
def test_texts(columns, text, others):
    assert chosen(**columns, label=LABEL)[1::2] == (text, others)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": PRICE, "b": ID}, "no column holds text: 2 columns of numbers"),
        ({"a": PRICE, "b": DATE}, r"no column holds text: 'a' \(number\), 'b' \(date\); --text names one"),
        (
            {"user_id": CODES, "x": PRICE},
            "no column is clearly text; the likeliest: 'user_id'; --text names",
        ),
    ],
)
def test_no_text(columns, message):
    with pytest.raises(ReadError, match=message):
        chosen(**columns, label=LABEL)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            PRICE,
            "'x' holds 3.. different numbers with fractions; labels must be classes, and",
        ),
        (ID, "'x' has another value in each of 400 rows; labels must repeat"),
        (pick("a,b", "a", "b"), "'x' holds several labels per document, such as 'a,b'"),
    ],
)
def test_a_named_label_that_is_no_class(values, message):
    with pytest.raises(ReadError, match=message):
        ColumnRoles(["x", "text"], [values, TEXT]).check_label(0)


@pytest.mark.parametrize("values", [pick("0.5", "1", "4.5"), pick("a", "b"), [str(i // 2) for i in range(N)]])
def test_a_named_label_that_is_one(values):
    ColumnRoles(["x", "text"], [values, TEXT]).check_label(0)


def test_a_column_without_a_name_that_has_nothing_to_do_with_the_text():
    """The labels may be missing, or be numbers: a model of stores is not what was meant."""
    store = pick("north", "south", "west")
    with pytest.raises(ReadError, match=r"no column is clearly the label; the likeliest: 'x' \(3 values\)"):
        chosen(x=store, z=PRICE, text=TEXT)
    assert chosen(section=store, z=PRICE, text=TEXT)[0] == "section"  # a name in use
    assert chosen(x=pick("0", "1"), text=prose(12))[0] == "x"  # nothing else can be meant
    assert chosen(x=pick("ham", "spam"), z=PRICE, text=prose(12))[0] == "x"  # labels in use


@pytest.mark.parametrize("name", ["x", "section"])
def test_a_column_with_the_name_of_a_label_that_holds_numbers(name):
    columns = {name: pick("north", "south", "west"), "target": PRICE, "text": TEXT}
    with pytest.raises(ReadError, match=rf"the likeliest: 'target' \(3.. values\), '{name}' \(3 values\); --label"):
        chosen(**columns)


@pytest.mark.parametrize("name", ["user", ""])
def test_persons_are_no_labels(name):
    """Unless the words of the text depend on them, even if there is no other column."""
    persons = pick(*(f"{first} {last}" for first in ("Anna", "Ben", "Carla") for last in ("Smith", "Novak", "Khan")))
    with pytest.raises(ReadError, match=r"no column is clearly the label; the likeliest: .* \(9 values\)"):
        chosen(**{name: persons, "text": TEXT})
    assert chosen(**{name: persons, "text": about(persons)})[0] == name


def test_a_likely_name_beside_a_column_that_the_words_depend_on():
    """Both may be meant: the words of a text tell its topic, too."""
    other = pick("north", "south", "west")
    of_both = [f"{text} w{word}" for text, word in zip(TEXT, other, strict=True)]
    for topic, x, text in ((other, LABEL, TEXT), (LABEL, other, of_both)):
        with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'topic' .*'x' "):
            chosen(topic=topic, x=x, text=text)
    assert chosen(topic=LABEL, x=other, text=TEXT)[0] == "topic"
    assert chosen(label=other, x=LABEL, text=TEXT)[0] == "label"  # a name that decides


def test_two_likely_names_where_the_words_hardly_tell():
    """The words of a few texts depend a little on one of many classes, by chance or not."""
    r = random.Random(0)
    section, stars = (
        [r.choice(values) for _ in range(60)] for values in (list("abcdefgh"), ["1", "11", "21", "31", "41"])
    )
    text = [
        f"{words} {'w' + name if r.random() < 0.15 else ''}"
        for words, name in zip(prose(12)[:60], section, strict=True)
    ]
    with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'section' .*'stars' "):
        chosen(section=section, stars=stars, text=text)
    assert chosen(section=section, x=stars, text=text)[0] == "section"


@pytest.mark.parametrize(("share", "found"), [(0.1, None), (0.9, "b")])
def test_words_decide_between_columns_unless_they_depend_on_one_weakly(share, found):
    r = random.Random(0)
    a, b = pick("x", "y"), pick("north", "south", "east", "west")
    text = [f"{words} {'w' + name if r.random() < share else ''}" for words, name in zip(prose(12), b, strict=True)]
    if found:
        assert chosen(a=a, b=b, text=text)[0] == found
    else:
        with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'a' .*'b' "):
            chosen(a=a, b=b, text=text)


def test_prose_that_is_longer_than_the_text_is_text():
    names = {"v2": prose(8, 3), "keywords_text": prose(6, 4), "language": LABEL}
    assert chosen(**names)[1] == "v2 keywords_text"


def test_a_lesser_name_of_which_the_words_tell_as_much():
    r = random.Random(1)
    genre, v1 = ([r.choice(values) for _ in range(60)] for values in ("abcd", "xy"))
    tells = [
        f"{'w' + a if r.random() < 0.2 else ''} {'w' + b if r.random() < 0.4 else ''}"
        for a, b in zip(genre, v1, strict=True)
    ]
    text = [f"{words} {more}" for words, more in zip(prose(12)[:60], tells, strict=True)]
    with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'genre' .*'v1' "):
        chosen(genre=genre, v1=v1, text=text)


def predicted(labels, names):
    """Predictions of labels, of which a tenth is wrong."""
    r = random.Random(2)
    return [r.choice(list(names.values())) if r.random() < 0.1 else names[label] for label in labels]


def test_a_column_that_predicts_another_is_no_label():
    """Its name says so; or the other column has a name, or values in use."""
    spelled = predicted(LABEL, {"pos": "good one", "neg": "bad one"})
    of_codes = predicted(LABEL, {"pos": "C0", "neg": "C1"})
    x = ["ab"[value == "pos"] for value in LABEL]
    assert chosen(genre=x, prediction=spelled, text=TEXT)[0] == "genre"
    assert chosen(genre=x, u=spelled, text=TEXT)[::2] == ("genre", "u")
    assert chosen(x=LABEL, u=spelled, text=TEXT)[::2] == ("x", "u")
    assert chosen(x=x, u=of_codes, z=pick("0", "1", "0"), text=TEXT)[0] == "x"
    with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'x' .*'u' "):
        chosen(x=x, u=spelled, text=TEXT)


def test_flags_that_mostly_exclude_each_other_are_no_copies():
    insult = ["01"[value == "neg"] for value in LABEL]
    hate = ["01"[value == "0" and i % 10 > 0] for i, value in enumerate(insult)]
    with pytest.raises(ReadError, match=r"cannot tell which column holds the labels"):
        chosen(section=[str(i % 2 > 0) for i in range(N)], identity_hate=hate, insult=insult, text=TEXT)


def test_a_column_that_most_rows_agree_with_by_chance_is_a_rival():
    rare = ["no" if i % 9 else "yes" for i in range(N)]
    x = [value if i % 7 else "b" for i, value in enumerate(["a"] * N)]
    with pytest.raises(ReadError, match=r"cannot tell which column holds the labels: 'genre' .*'x' "):
        chosen(genre=rare, x=x, text=[f"{text} w{a} v{b}" for text, a, b in zip(prose(12), rare, x, strict=True)])


def test_words_of_few_texts_that_depend_on_one_column_alone():
    labels, others = pick(*"abcd")[:24], pick(*"abc")[:24]
    text = [f"{words} w{label}" for words, label in zip(prose(20)[:24], labels, strict=True)]
    assert chosen(u=others, x=labels, text=text)[0] == "x"


def test_lists_and_labels_whose_names_are_as_likely():
    lists = [f"{a}, {b}" if a != b else a for a, b in zip(pick("x", "y", "z"), pick("x", "y", "z", "w"), strict=True)]
    with pytest.raises(ReadError, match="'department' holds several labels per document"):
        chosen(department=lists, genre=LABEL, text=TEXT)


@pytest.mark.parametrize("length", [len, lambda text: len(text.split())])
def test_the_lengths_of_the_texts_are_no_labels(length):
    """They would be: a few numbers, of which the words tell."""
    text = [" ".join(words.split()[:12]) for words in prose(12)]
    lengths = [str(min(length(words), 40)) for words in text]
    assert chosen(x=lengths, y=pick("a", "b"), text=text)[::2] == ("y", "")


def test_a_few_numbers_of_words_are_no_labels():
    text = [" ".join(words.split()[:3]) for words in prose(2)]
    lengths = [str(len(words.split())) for words in text]
    assert chosen(x=lengths, u=pick("ham", "spam"), text=text)[::2] == ("u", "")


def test_flags_of_several_spellings_are_not_several_labels():
    flags = {"a": pick("0", "1"), "b": pick("yes", "no"), "c": pick("True", "False")}
    labels = pick("north", "south", "west")
    assert chosen(**flags, x=labels, text=about(labels))[0] == "x"


def test_a_flag_that_is_never_set_is_one_of_several():
    with pytest.raises(ReadError, match="3 columns hold 0 and 1: 'toxic', 'obscene', 'threat'"):
        chosen(toxic=pick("0", "1"), obscene=pick("1", "0", "0"), threat=["0"] * N, text=TEXT)


def test_a_constant_is_no_text_whatever_its_name():
    with pytest.raises(ReadError, match="no column holds text"):
        chosen(query=["train.csv"] * N, p=PRICE, label=LABEL)


def test_lists_under_a_likely_name_beside_a_column_that_has_nothing_to_do_with_the_text():
    lists = [f"{a}, {b}" if a != b else a for a, b in zip(LABEL, pick("pos", "neg", "neu"), strict=True)]
    with pytest.raises(ReadError, match="'genre' holds several labels per document"):
        chosen(theme=pick("a", "b", "c"), genre=lists, text=TEXT)
    assert chosen(theme=LABEL, genre=lists, text=TEXT)[0] == "theme"


def test_a_half_empty_column_of_a_phrase_is_mentioned():
    half = ["it was here there again" if i % 2 else "" for i in range(N)]
    assert chosen(label=LABEL, title=prose(9, 1), x=half, body=TEXT)[1::2] == ("title body", "x")


def test_the_longest_text_is_read_whatever_its_name():
    assert chosen(label=LABEL, question=prose(5, 1), v2=prose(30, 2))[1] == "question v2"


def test_a_text_under_the_name_of_a_label():
    assert chosen(x=LABEL, y=TEXT)[:2] == ("x", "y")


def test_a_label_whose_values_hardly_repeat():
    """These are several labels, or ids."""
    names = [a + b for a in "klmnprst" for b in ("area", "ilo", "ura", "ene", "ook")]
    values = [f"{a} {b}" for a, b in zip(pick(*names), pick(*names[1:]), strict=True)]
    with pytest.raises(ReadError, match=r"no column is clearly the label; the likeliest: 'label' \(3.. values\)"):
        chosen(label=values, text=TEXT)


def test_counts_are_no_texts_whatever_they_count():
    with pytest.raises(ReadError, match=r"no column is clearly the label; the likeliest: 'num_comments'"):
        chosen(num_comments=pick("0", "1", "2"), post=prose(12))
