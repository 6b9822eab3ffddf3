"""Invented tables as people have them: labels, texts, and columns of other kinds, under names in use or nonsense."""

# ruff: noqa: RUF001

import datetime
import string
from typing import NamedTuple

WORDS = {
    "english": """the of and to a in is it that was for on with as this not but they have from at by be or had his her
        when there all one would which their we you very so were been more out up what about into than then some only
        time people year good new first last long great little own other old right big high different small large next
        early young important few public bad same able book film story service price food room phone battery screen
        delivery order customer team game season player market company government election water energy school student
        music song album actor plot scene quality product money bank card account credit loan report health doctor
        price cheap broken awful lovely boring excellent terrible happy angry fast slow clean dirty warm cold don't
        it's work works worked working bought sold went came said told asked think thought know knew never always
        again still just even back down over under after before while because since through against""",
    "german": """der die das und nicht mit für über schön größe straße mädchen können müssen käse höhe frühstück weiß
        sehr gut schlecht film essen zimmer auch aber war wir ich nie wieder alles preis buch öffnen natürlich""",
    "french": """le la les et très été déjà où garçon français hôtel fenêtre naïve cœur crème goût problème qualité
        prix jour livre bonne mauvaise jamais avec pour dans nous encore repas leçon même après""",
    "spanish": """el los las niño señor mañana corazón canción también más información película año pequeño jamón
        tiempo buena mala comida habitación nunca siempre pero con para muy está aquí precio libro""",
    "russian": """и в не на что это был как его она они мы очень хороший плохой фильм книга время человек город дом
        работа день жизнь слово новый старый большой маленький телефон доставка заказ цена качество деньги банк игра
        команда музыка школа вода погода друг сегодня вчера всегда никогда купил сломался отлично ужасно быстро""",
    "greek": """και το η ο του της δεν είναι για με που από πολύ καλό κακό ταινία βιβλίο χρόνος άνθρωπος πόλη σπίτι
        δουλειά μέρα ζωή νέο παλιό μεγάλο μικρό τηλέφωνο παραγγελία τιμή ποιότητα χρήματα ομάδα μουσική σχολείο""",
    "chinese": """这个 东西 非常 好看 我们 电影 质量 不错 价格 便宜 太贵 了 服务 态度 很差 手机 屏幕 电池 快递 送货 很快
        喜欢 推荐 大家 购买 不要 买 房间 干净 酒店 位置 方便 早餐 一般 音乐 比赛 球队 经济 市场 公司 政府 学校 学生 老师
        今天 昨天 时间 问题 因为 所以 但是 还是 没有 可以 觉得 时候 看到 知道 真的 一直""",
    "japanese": """この 映画 は とても 面白い です 本 を 読みました 商品 が 届きました 早い 遅い 値段 高い 安い 品質
        良い 悪い 電池 画面 電話 音楽 試合 選手 会社 市場 政府 学校 学生 先生 今日 昨日 時間 問題 ありがとう ございます
        ホテル 部屋 きれい でした サービス おすすめ しません もう 一度 買いたい と 思います から ので しかし""",
    "arabic": """هذا هذه في من على كان جيد جدا سيء فيلم كتاب وقت الناس مدينة بيت عمل يوم حياة جديد قديم كبير صغير
        هاتف طلب سعر جودة مال بنك فريق موسيقى مدرسة ماء اليوم أمس دائما أبدا""",
    "hindi": """यह वह है और में नहीं बहुत अच्छा बुरा फिल्म किताब समय लोग शहर घर काम दिन जीवन नया पुराना बड़ा छोटा फोन
        कीमत गुणवत्ता पैसा बैंक टीम संगीत स्कूल पानी आज कल हमेशा""",
}  # fmt: skip
WORDS = {language: words.split() for language, words in WORDS.items()}
EMOJI = ["😀", "😡", "❤️", "👍", "🎉"]
CURLY = ["‘quite’", "“so-called”", "it’s", "–", "€20", "…"]
PEOPLE = """Anna Smith, Ben Garcia, Carla Müller, David Chen, Elena Kumar, Farid Rossi, Grace Novak, Hugo Silva,
    Ines Brown,
    Jonas Khan, Kim Jensen, Liam Dubois, Maria Sato, Nina Weber, Omar Lopez, Paula Jones, Raj Patel, Sara Ali"""
FIRST_NAMES, LAST_NAMES = zip(*map(str.split, PEOPLE.split(",")), strict=True)

# Labels, of which a table takes the first few; each set is one that people have.
WORD_LABELS = [labels.split(", ") for labels in (
    "ham, spam", "pos, neg", "positive, negative, neutral", "yes, no", "FAKE, REAL", "True, False",
    "café, Öffnung, niño", "Extremely Positive, Positive, Neutral, Negative, Extremely Negative",
    "World, Sports, Business, Sci/Tech", "A, B, C, D, E, F", "sport, business, politics, tech, entertainment",
    "ABBR, DESC, ENTY, HUM, LOC, NUM",
    "joy, sadness, anger, fear, love, surprise",
    "comp.graphics, rec.autos, rec.sport.hockey, sci.med, sci.space, talk.politics.misc, misc.forsale, alt.atheism",
    "POLITICS, WELLNESS, ENTERTAINMENT, TRAVEL, STYLE & BEAUTY, PARENTING, HEALTHY LIVING, FOOD & DRINK, BUSINESS, "
    "COMEDY, SPORTS, BLACK VOICES, HOME & LIVING, PARENTS, WEDDINGS, WOMEN, IMPACT, CRIME, MEDIA, WEIRD NEWS",
    "activate_my_card, age_limit, atm_support, balance_not_updated, card_arrival, card_linking, exchange_rate, "
    "lost_or_stolen_card, pin_blocked, top_up_failed, transfer_timing, verify_my_identity, why_verify_identity",
)]  # fmt: skip
WORD_LABELS.append(
    ["Mortgage", "Debt collection", "Credit card or prepaid card", "Student loan", "Credit reporting, repair, or other"]
)
NUMBER_LABELS = (
    range(0, 2), range(1, 3), (-1, 1), (0, 4), range(1, 6), range(0, 4), range(1, 15), range(0, 20), (0.0, 1.0),
    (1.0, 2.0, 3.0, 4.0, 5.0), (True, False),
)  # fmt: skip

# Names in use, of the columns of each kind.
NAMES = {
    "label": """label label label class category target topic sentiment rating stars score Score overall intent emotion
        genre type Label Category v1 label_text airline_sentiment section is_sarcastic Rating polarity language
        is_spam toxic Product gold_label feeling department y""",
    "one-hot": "toxic severe_toxic obscene threat insult identity_hate spam sad angry happy afraid bored tired",
    "text": """text text text review Text content body message tweet comment sentence v2 comment_text reviewText
        utterance question abstract document description headline query title lyrics article post question_text
        OriginalTweet clean_text narrative statement""",
    "second text": "title summary Summary headline subject question1 keywords_text reviewTitle Title subtitle heading",
    "number id": "id Id ID tweet_id index UserId article_id rowid sentence_id PhraseId",
    "code": "review_id ProductId asin business_id user_id reviewerID uuid qid guid sku",
    "date": "date Date created_at time timestamp Date_received review_date published unixReviewTime",
    "address": "url link article_link source_url href image_url permalink",
    "price": "price amount confidence weight_kg score_raw probability latitude cost",
    "count": "likes votes helpful useful retweet_count num_comments n_words thumbsUpCount length",
    "constant": "query_flag lang country source version platform dataset NO_QUERY",
    "user": "user username author ProfileName name reviewer reviewerName userName screen_name",
    "flag": "verified is_retweet has_image edited",
    "group": "country state airline brand store division tweet_location device company",
    "topic": "topic subreddit section genre department aspect theme",
    "prediction": "prediction predicted_label pred model_label predicted_sentiment",
    "n words": "n_words length n_tokens word_count",
    "split": "split fold set partition",
    "empty": "extra unused tweet_coord reserved misc_2",
    "nonsense": "a b c x1 x2 col_1 col_2 qz var3 field_a f0 f1 foo bar K7 zzz data1 V10 spalte eins zwei xx",
}  # fmt: skip
NAMES = {kind: names.split() for kind, names in NAMES.items()}

GROUPS = (
    ["US", "GB", "DE", "FR", "IN"], ["United", "Delta", "Southwest", "Virgin America"], ["iOS", "Android", "Web"],
    ["General", "General Petite", "Initmates"], ["CA", "TX", "NY", "FL", "WA", "OH", "IL"], ["yes", "no"],
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], [2019, 2020, 2021], ["male", "female"],
)  # fmt: skip


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : str
    kind : str
        A key of `NAMES`.
    values : list
        Strings, numbers, booleans, or None where there is nothing.
    """

    name: str
    kind: str
    values: list


class Table(NamedTuple):
    """Columns, of which one has the label, and one or two have texts; or a table that nobody can train on.

    Attributes
    ----------
    columns : list of Column
    task : str
        A key of `TASKS`.
    """

    columns: list[Column]
    task: str = "one label"

    @property
    def labels(self):
        return [column for column in self.columns if column.kind == "label"]

    @property
    def texts(self):
        return [column for column in self.columns if column.kind in ("text", "second text")]

    @property
    def n_rows(self):
        return len(self.columns[0].values)


def draw_table(rng, languages, keep, plain):
    """Return a random table, and the choices made, as strings by what they are about.

    Parameters
    ----------
    rng : random.Random
    languages : list of str
        Keys of `WORDS` to draw from.
    keep : callable
        Takes a string and returns what a file has a place for.
    plain : bool
        Whether there are no columns but a label of one word and a text.
    """
    languages = rng.sample(languages, min(len(languages), rng.choice([1, 1, 1, 2, 8])))
    classes = _draw_classes(rng, plain)
    n = rng.choice([20, 40, 60, 100, 200, 400]) if rng.random() < 0.97 else rng.choice([1200, 3000])
    n = max(n, 4 * len(classes))
    balanced, is_sorted = rng.random() < 0.6, rng.random() < 0.3
    weights = [1.0 if balanced else rng.random() ** 2 + 0.02 for _ in classes]
    codes = [*range(len(classes)), *range(len(classes)), *rng.choices(range(len(classes)), weights, k=n)][:n]
    rng.shuffle(codes)
    if is_sorted:
        codes.sort()
    length = rng.choices(list(LENGTHS), [1, 4, 3])[0]
    traits = [trait for trait in TRAITS if rng.random() < 0.2]
    style = Style(rng, languages, len(classes), LENGTHS[length], traits)
    texts = [style.text(code) for code in codes]
    style.texts = list(texts)
    if rng.random() < 0.1 and not plain:
        for i in rng.sample(range(n), max(1, n // 30)):
            texts[i] = ""
    columns = [("label", [classes[code] for code in codes]), ("text", texts)]
    task = "one label" if plain else rng.choices(list(TASKS), [91, 4, 2, 1, 1, 1])[0]
    if not plain:
        rng.shuffle(columns)
        for kind in rng.sample(list(OTHERS), rng.choice([0, 0, 1, 1, 2, 3, 4, 6])):
            columns.insert(rng.randrange(len(columns) + 1), (kind, OTHERS[kind](rng, n, style, codes)))
        columns = TASKS[task](rng, columns, classes, codes)
        if task == "no label" and sorted(kind for kind, _ in columns) in UNLABELLED_PAIRS:
            task = "one label"
            columns = [(kind if kind == "text" else "label", values) for kind, values in columns]
    names_are = "in use" if plain else rng.choices(list(NAMED), NAMED.values())[0]
    names = _names(rng, [kind for kind, _ in columns], names_are)
    table = Table(
        [
            Column(keep(name), kind, [keep(value) if isinstance(value, str) else value for value in values])
            for name, (kind, values) in zip(names, columns, strict=True)
        ],
        task,
    )
    choices = {
        "task": task, "names": names_are, "order": "sorted" if is_sorted else "shuffled",
        "balance": "balanced" if balanced else "unbalanced", "classes": str(len(classes)),
        "labels": type(classes[0]).__name__, "texts": length, "languages": ",".join(sorted(languages)),
        "traits": ",".join(traits), "others": ",".join(kind for kind, _ in columns if kind not in ("label", "text")),
        "rows": str(n),
    }  # fmt: skip
    return table, choices


def _draw_classes(rng, plain):
    classes = list(rng.choice(WORD_LABELS if rng.random() < 0.6 else NUMBER_LABELS))
    rng.shuffle(classes)
    classes = classes[: rng.randint(2, max(2, len(classes)))]
    if plain:  # a number is a word as well
        classes = ["_".join(str(label).replace(",", "").split()) for label in classes]
    return classes


def _several_labels(rng, columns, classes, codes):
    """Have a list of classes where there was one."""
    others = [[name for name in classes if name != classes[code]] for code in codes]
    n_others = [1 if i % 5 == 0 else rng.choice([0, 0, 1, min(2, len(classes) - 1)]) for i in range(len(codes))]
    several = [
        [str(label) for label in (classes[code], *rng.sample(rest, k))]
        for code, rest, k in zip(codes, others, n_others, strict=True)
    ]
    form = rng.choice([",".join, ", ".join, ";".join, " ".join, str, list])
    if form == " ".join:
        several = [[label.replace(" ", "-") for label in labels] for labels in several]
    return [(kind, list(map(form, several)) if kind == "label" else values) for kind, values in columns]


def _one_hot(rng, columns, classes, codes):
    """Have a column of zeros and ones for each class, of which several may be 1."""
    place = [kind for kind, _ in columns].index("label")
    ones = [("label", [int(code == k or rng.random() < 0.1) for code in codes]) for k in range(max(3, len(classes)))]
    return [*columns[:place], *ones, *columns[place + 1 :]]


def _numbers(rng, columns, classes, codes):
    """Have numbers that hardly repeat, some of them whole."""
    digits = rng.choice([0, 2, 4])
    numbers = [round(rng.random() * 1000, digits) if digits else rng.randrange(10**6) for _ in codes]
    columns = [column for column in columns if column[0] not in ("topic", "prediction")]  # these could be meant
    return [(kind, numbers if kind == "label" else values) for kind, values in columns]


def _no_label(rng, columns, classes, codes):
    """Have no label; other columns may repeat, but have nothing to do with the text."""
    without = ("label", "topic", "prediction", "n words")
    if rng.random() < 0.5:
        without += ("count", "flag", "group", "split")
    return [column for column in columns if column[0] not in without]


def _no_text(rng, columns, classes, codes):
    without = ("text", "second text", "user", "address", "code", "date")
    prices = [("price", [round(rng.gauss(code, 1), 2) for code in codes]) for _ in range(3)]
    return [*prices, *(column for column in columns if column[0] not in without)]


# A text and a column of a few values: nobody could tell that these are no labels.
UNLABELLED_PAIRS = (["count", "text"], ["flag", "text"], ["group", "text"])


# What the labels are, and functions that make them so. Only the first is for training a classifier of texts.
TASKS = {
    "one label": lambda rng, columns, classes, codes: columns, "several labels": _several_labels, "one-hot": _one_hot,
    "numbers": _numbers, "no label": _no_label, "no text": _no_text,
}  # fmt: skip


# How many tables have which names; some have names in use beside others.
NAMED = {"in use": 60, "nonsense": 25, "mixed": 15}


def _names(rng, kinds, names_are):
    names = []
    nonsense = rng.sample(NAMES["nonsense"], len(NAMES["nonsense"]))
    text_in_use = rng.random() < 0.5
    for kind in kinds:
        if kind == "pandas index":
            names.append(rng.choice(["", "Unnamed: 0"]))
            continue
        of_text = kind in ("text", "second text")
        in_use = names_are == "in use" or (names_are == "mixed" and (text_in_use if of_text else rng.random() < 0.5))
        known = NAMES["one-hot" if kind == "label" and kinds.count(kind) > 1 else kind]
        free = [name for name in known if name.lower() not in map(str.lower, names)] if in_use else []
        names.append(rng.choice(free) if free else nonsense.pop() if nonsense else f"column{len(names)}")
    return names


# Words of a text, at least and at most.
LENGTHS = {"words": (1, 4), "short": (4, 15), "long": (20, 60)}

# What is put into a text somewhere.
TRAITS = {
    "commas": lambda rng, word: f"{word}, {word}",
    "quotes": lambda rng, word: f'"{word}"',
    "line ends": lambda rng, word: rng.choice([f"{word}\n{word}", f"{word}\n\n{word}", f"{word}\n- {word}"]),
    "tabs": lambda rng, word: f"{word}\t{word}",
    "semicolons": lambda rng, word: f"{word};",
    "bars": lambda rng, word: f"{word} | {word}",
    "numbers": lambda rng, word: rng.choice(["20", "3.5", "1,000", "2012", "$15", "10%"]),
    "addresses": lambda rng, word: f"https://t.example/{_code(rng, 8)}",
    "emoji": lambda rng, word: rng.choice(EMOJI),
    "curly": lambda rng, word: rng.choice(CURLY),
    "tags": lambda rng, word: word + rng.choice(["<br /><br />", " @user", " #tag", " &amp;", " <b>so</b>"]),
    "sentences": lambda rng, word: f"{word.capitalize()}.",
}


class Style:
    """How the texts of a table look, and what their words tell of the class."""

    def __init__(self, rng, languages, n_classes, length, traits):
        self.rng, self.length, self.traits = rng, length, traits
        common = [word for language in languages for word in WORDS[language]]
        self.pools = [common + rng.sample(common, 8) * (len(common) // 12) for _ in range(n_classes)]
        self.glue = "" if rng.random() < 0.7 and set(languages) <= {"chinese", "japanese"} else " "

    def text(self, code, length=None):
        rng = self.rng
        words = rng.choices(self.pools[code], k=rng.randint(*(length or self.length)))
        for trait in self.traits:
            if rng.random() < 0.4:
                i = rng.randrange(len(words))
                words[i] = TRAITS[trait](rng, words[i])
        return self.glue.join(words)


def _code(rng, k, alphabet=string.ascii_letters + string.digits):
    return "".join(rng.choices(alphabet, k=k))


def _number_ids(rng, n, style, codes):
    first = rng.choice([0, 1, 1, 1000, 17_000_000, 570_306_133_677_760_513])
    ids = [first + i * (1 if first < 10 else rng.randint(1, 9)) for i in range(n)]
    return sorted(ids) if rng.random() < 0.8 else rng.sample(ids, n)


def _codes(rng, n, style, codes):
    kind = rng.choice(["hex", "product", "mixed", "uuid"])
    if kind == "hex":
        return [_code(rng, 16, "0123456789abcdef") for _ in range(n)]
    if kind == "product":  # several rows each
        return [f"B{rng.randrange(max(2, n // 3)):09d}" for _ in range(n)]
    if kind == "mixed":
        return [_code(rng, 22) for _ in range(n)]
    return ["-".join(_code(rng, k, "0123456789abcdef") for k in (8, 4, 4, 4, 12)) for _ in range(n)]


def _dates(rng, n, style, codes):
    first = datetime.datetime(2015, 3, 7, 9, 5, tzinfo=datetime.timezone.utc)
    days = sorted(rng.randrange(2000) for _ in range(n))
    if rng.random() < 0.4:  # few different ones
        days = [day % 12 for day in days]
    form = rng.choice(
        ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%Y-%m-%d %H:%M:%S", "%a %b %d %H:%M:%S +0000 %Y", "unix", "%B %d, %Y"]
    )
    moments = [first + datetime.timedelta(days=day, seconds=rng.randrange(86400)) for day in days]
    return [int(m.timestamp()) if form == "unix" else m.strftime(form) for m in moments]


def _addresses(rng, n, style, codes):
    words, deep = WORDS["english"], rng.random() < 0.5
    return [
        f"https://www.daily.example/{'-'.join(rng.choices(words, k=8))}-{i}"
        if deep
        else f"http://img.example/{_code(rng, 9)}.jpg"
        for i in range(n)
    ]


def _prices(rng, n, style, codes):
    digits = rng.choice([2, 4])
    return [round(rng.random() * rng.choice([1, 1, 1000]), digits) for _ in range(n)]


def _counts(rng, n, style, codes):
    most = rng.choice([3, 10, 500])
    return [int(rng.random() ** 3 * most) for _ in range(n)]


def _users(rng, n, style, codes):
    n_users = max(3, n // rng.choice([1, 2, 5, 20]))
    people = [
        f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        if k % 2
        else f"{rng.choice(FIRST_NAMES)}_{rng.randrange(999)}"
        for k in range(n_users)
    ]
    return rng.choices(people, k=n)


def _topics(rng, n, style, codes):
    """Another class that most texts tell: by the first of their words."""
    names = rng.choice([*WORD_LABELS[4:9], *GROUPS])
    topics = {}
    for text in style.texts:
        topics.setdefault(text[:3], rng.randrange(len(names)))
    return [names[topics[text[:3]] if rng.random() < 0.8 else rng.randrange(len(names))] for text in style.texts]


def _predictions(rng, n, style, codes):
    """The label, as another model has it."""
    return [f"C{code if rng.random() < 0.85 else rng.choice(codes)}" for code in codes]


def _with_gaps(rng, values):
    """Leave some of the values out, now and then."""
    return [None if rng.random() < 0.3 else value for value in values] if rng.random() < 0.2 else values


# The kinds of the other columns, and functions that draw them. Most have nothing to do with the text.
OTHERS = {
    "second text": lambda rng, n, style, codes: [style.text(code, (2, 9)) for code in codes],
    "number id": _number_ids,
    "code": _codes,
    "date": _dates,
    "address": _addresses,
    "price": lambda *args: _with_gaps(args[0], _prices(*args)),
    "count": lambda *args: _with_gaps(args[0], _counts(*args)),
    "constant": lambda rng, n, style, codes: [rng.choice(["en", "0", "NO_QUERY", "train.csv"])] * n,
    "user": lambda *args: _with_gaps(args[0], _users(*args)),
    "flag": lambda rng, n, style, codes: [rng.random() < 0.4 for _ in range(n)],
    "group": lambda rng, n, style, codes: rng.choices(rng.choice(GROUPS), k=n),
    "split": lambda rng, n, style, codes: rng.choices(["train", "test", "valid"], [8, 1, 1], k=n),
    "topic": _topics,
    "prediction": _predictions,
    "n words": lambda rng, n, style, codes: [len(text.split()) for text in style.texts],
    "empty": lambda rng, n, style, codes: [None if rng.random() < 0.99 else "see above" for _ in range(n)],
    "pandas index": lambda rng, n, style, codes: list(range(n)),
}
