"""Layouts of well-known public data sets, with invented texts.

A layout is written as its columns, each with what it holds: ``=a|b`` is the label; ``~a|b`` are words that say nothing
about the text; ``+a|b`` are words that go with the label; ``'a`` is a constant; a ``?`` in front leaves most of it
empty, and a ``%`` leaves open whether it is text; the other kinds are in `KINDS`. All columns of text are to be read,
in the order of the file.
"""

import csv
import datetime
import io
import json
import random
import re
from typing import NamedTuple

from helpers.tables import FIRST_NAMES, LAST_NAMES, Style

N_ROWS = 240

# Words of a text of each kind.
TEXTS = {
    "text": (8, 30),
    "long": (40, 90),
    "title": (3, 8),
    "tweet": (6, 20),
    "html": (15, 40),
    "question": (6, 14),
    "name": (2, 3),
}

HEX = "0123456789abcdef"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
START = datetime.datetime(2017, 4, 6, 22, 19, 45, tzinfo=datetime.timezone.utc)


def moment(rng, i):
    return START + datetime.timedelta(hours=7 * i, seconds=rng.randrange(3600))


# Takes a random generator and the number of the row.
KINDS = {
    "number": lambda rng, i: i + 1,
    "from 0": lambda rng, i: i,
    "big number": lambda rng, i: 1467810369 + 97 * i + rng.randrange(90),
    "tweet number": lambda rng, i: 570306133677760513 + 7919 * i,
    "hex": lambda rng, i: "".join(rng.choices(HEX, k=16)),
    "code": lambda rng, i: "".join(rng.choices(ALPHABET, k=22)),
    "product": lambda rng, i: f"B{rng.randrange(60):09d}",
    "user": lambda rng, i: rng.choice(FIRST_NAMES) + rng.choice("_.-") + f"{rng.choice(LAST_NAMES)}{rng.randrange(99)}",
    "person": lambda rng, i: f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
    "date": lambda rng, i: moment(rng, i).strftime("%Y-%m-%d"),
    "us date": lambda rng, i: moment(rng, i).strftime("%m/%d/%Y"),
    "long date": lambda rng, i: moment(rng, i).strftime("%B %d, %Y"),
    "moment": lambda rng, i: moment(rng, i).strftime("%Y-%m-%d %H:%M:%S"),
    "tweet moment": lambda rng, i: moment(rng, i).strftime("%a %b %d %H:%M:%S PDT %Y"),
    "unix": lambda rng, i: int(moment(rng, i).timestamp()),
    "url": lambda rng, i: f"https://www.daily.example/entry/{'-'.join(rng.choices(FIRST_NAMES, k=6)).lower()}_n_{i}",
    "image": lambda rng, i: f"https://img.example/{''.join(rng.choices(HEX, k=30))}.png",
    "count": lambda rng, i: int(rng.random() ** 4 * 40),
    "age": lambda rng, i: rng.randrange(18, 90),
    "share": lambda rng, i: round(rng.random(), 4),
    "price": lambda rng, i: rng.randrange(8, 90),
    "version": lambda rng, i: f"{rng.randrange(3, 6)}.{rng.randrange(20)}.{rng.randrange(4)}",
    "flag": lambda rng, i: rng.random() < 0.3,
    "bit": lambda rng, i: int(rng.random() < 0.2),
    "state": lambda rng, i: rng.choice(["CA", "TX", "NY", "FL", "WA", "OH", "IL", "GA", "PA", "NC", "MI"]),
    "zip": lambda rng, i: f"{rng.randrange(100, 999)}XX",
    "city": lambda rng, i: rng.choice(["London", "New York", "Vagabonds", "Berlin, Germany", "Austin, TX"]),
    "tags": lambda rng, i: "".join(f"<{tag}>" for tag in rng.sample(["php", "java", "sql", "css", "python", "c#"], 3)),
    "authors": lambda rng, i: ", ".join(rng.sample(LAST_NAMES, 3)),
    "pages": lambda rng, i: f"{rng.randrange(4, 60)} pages, {rng.randrange(9)} figures",
    "rest": lambda rng, i: " so" if i % 99 == 7 else None,
    "empty": lambda rng, i: None,
}  # fmt: skip


class Public(NamedTuple):
    """A file.

    Attributes
    ----------
    name : str
    columns : str
        As above.
    how : dict
        Of CSV: delimiter and quoting, as the module csv takes them.
    header : bool
    encoding : str
    is_sorted : bool
        Whether the rows are sorted by their label.
    may_ask : bool
        Whether a person could not be sure, either: a refusal that names the label's column is as good.
    asks : tuple of str
        What a refusal, the only right answer, says.
    """

    name: str
    columns: str
    how: dict = {}  # noqa: RUF012
    header: bool = True
    encoding: str = "utf-8"
    is_sorted: bool = False
    may_ask: bool = False
    asks: tuple = ()

    @property
    def id(self):
        return f"{self.name} {self.columns[:20]}"


ALL = {"quoting": csv.QUOTE_ALL}
TABS = {"delimiter": "\t", "quoting": csv.QUOTE_MINIMAL}
BARE = {"header": False}
STARS = "1|2|3|4|5"
NEWS = "World|Sports|Business|Sci/Tech"

LAYOUTS = [
    # Messages and tweets.
    Public(
        "spam.csv", "v1: =ham|spam, v2: text, : rest, : empty, : empty", {"lineterminator": "\r\n"}, encoding=
        "latin-1",
    ),
    Public("SMSSpamCollection", "1: =ham|spam, 2: text", TABS, **BARE),
    Public(
        "enron_spam_data.csv", "Message ID: from 0, Subject: title, Message: long, Spam/Ham: =ham|spam, Date: date",
    ),
    Public("phishing.csv", ": from 0, Email Text: long, Email Type: =Safe Email|Phishing Email"),
    Public("Youtube01-Psy.csv", "COMMENT_ID: code, AUTHOR: user, DATE: moment, CONTENT: text, CLASS: =0|1"),
    Public(
        "training.1600000.processed.noemoticon.csv",
        "1: =0|4, 2: big number, 3: tweet moment, 4: 'NO_QUERY, 5: user, 6: tweet", ALL, **BARE, encoding="latin-1",
        is_sorted=True,
    ),
    Public(
        "Tweets.csv",
        "tweet_id: tweet number, airline_sentiment: =neutral|positive|negative, airline_sentiment_confidence: share, "
        "negativereason: ?~Late Flight|Bad Flight|Lost Luggage, negativereason_confidence: ?share, "
        "airline: ~United|Delta|Southwest|US Airways, airline_sentiment_gold: empty, name: user, "
        "negativereason_gold: empty, retweet_count: count, text: tweet, tweet_coord: empty, tweet_created: moment, "
        "tweet_location: ?city, user_timezone: ~Eastern Time (US & Canada)|Pacific Time (US & Canada)|Quito",
    ),
    Public(
        "Corona_NLP_train.csv",
        "UserName: number, ScreenName: big number, Location: ?city, TweetAt: us date, OriginalTweet: tweet, "
        "Sentiment: =Neutral|Positive|Negative|Extremely Positive|Extremely Negative", encoding="latin-1",
    ),
    Public(
        "twitter_training.csv", "1: number, 2: ~Borderlands|Nvidia, 3: =Positive|Negative|Neutral|Irrelevant, "
        "4: tweet", **BARE, may_ask=True,
    ),
    Public("train_E6oV3lV.csv", "id: number, label: =0|1, tweet: tweet"),
    Public("disaster.csv", "id: number, keyword: ?~ablaze|wreck|flood, location: ?city, text: tweet, target: =0|1"),
    Public(
        "labeled_data.csv",
        ": from 0, count: ~3|6|9, hate_speech: ~0|1|2|3, offensive_language: ~0|1|2|3, neither: ~0|1|2|3, "
        "class: =0|1|2, "
        "tweet: tweet",
    ),
    Public("Suicide_Detection.csv", ": from 0, text: long, class: =suicide|non-suicide"),
    Public("Combined Data.csv", ": from 0, statement: text, status: =Anxiety|Normal|Depression|Stress"),
    Public("hinglish.tsv", "id: number, sentiment: =positive|negative, tweet: tweet", TABS),
    # Reviews.
    Public(
        "Reviews.csv",
        "Id: number, ProductId: product, UserId: code, ProfileName: person, HelpfulnessNumerator: count, "
        f"HelpfulnessDenominator: count, Score: ={STARS}, Time: unix, Summary: title, Text: long",
    ),
    Public(
        "reviews_Musical_Instruments_5.json",
        "reviewerID: code, asin: product, reviewerName: person, reviewText: long, overall: =1.0|2.0|3.0|4.0|5.0, "
        "summary: title, unixReviewTime: unix, reviewTime: long date",
    ),
    Public(
        "yelp_academic_dataset_review.json",
        "review_id: code, user_id: code, business_id: code, stars: =1.0|2.0|3.0|4.0|5.0, useful: count, "
        "funny: count, "
        "cool: count, text: long, date: moment",
    ),
    Public("yelp_review_polarity_csv/train.csv", "1: =1|2, 2: long", ALL, **BARE),
    Public("IMDB Dataset.csv", "review: long, sentiment: =positive|negative"),
    Public("labeledTrainData.tsv", "id: code, sentiment: =0|1, review: long", TABS),
    Public("train.tsv", "PhraseId: number, SentenceId: count, Phrase: title, Sentiment: =0|1|2|3|4", TABS),
    Public("Restaurant_Reviews.tsv", "Review: text, Liked: =0|1", TABS),
    Public("amazon_cells_labelled.txt", "1: text, 2: =0|1", TABS, **BARE),
    Public("tripadvisor_hotel_reviews.csv", f"Review: long, Rating: ={STARS}"),
    Public(
        "Womens Clothing E-Commerce Reviews.csv",
        f": from 0, Clothing ID: age, Age: age, Title: title, Review Text: text, Rating: ={STARS}, "
        "Recommended IND: +0|0|1|1|1, Positive Feedback Count: count, "
        "Division Name: ~General|General Petite|Initmates, "
        "Department Name: ~Tops|Dresses|Bottoms, Class Name: ~Blouses|Pants|Knits|Skirts", may_ask=True,
    ),
    Public(
        "reviews.csv",
        f"reviewId: code, userName: person, userImage: image, content: text, score: ={STARS}, thumbsUpCount: count, "
        "reviewCreatedVersion: version, at: moment, sortOrder: ~newest|most_relevant, appId: ~com.any.do|com.todoist",
    ),
    Public(
        "steam.csv", "app_id: age, app_name: ~Counter-Strike|Portal, review_text: text, review_score: =-1|1, "
        "review_votes: bit",
    ),
    Public(
        "drugsComTrain_raw.tsv",
        "uniqueID: big number, drugName: ~Valsartan|Guanfacine|Lybrel|Buprenorphine, "
        "condition: ~ADHD|Acne|Pain|Birth Control, "
        "review: long, rating: =1|2|3|4|5|6|7|8|9|10, date: long date, usefulCount: age", TABS, may_ask=True,
    ),
    # News and articles.
    Public("ag_news.csv", "Class Index: =1|2|3|4, Title: title, Description: text", ALL),
    Public("ag_news_csv/train.csv", "1: =1|2|3|4, 2: title, 3: text", ALL, **BARE),
    Public("dbpedia_csv/train.csv", f"1: ={'|'.join(map(str, range(1, 15)))}, 2: %name, 3: text", **BARE),
    Public("yahoo_answers_csv/train.csv", "1: =1|2|3|4|5|6|7|8|9|10, 2: title, 3: ?text, 4: long", ALL, **BARE),
    Public("bbc-text.csv", "category: =tech|business|sport|entertainment|politics, text: long"),
    Public(
        "News_Category_Dataset_v3.json",
        "link: url, headline: title, category: =POLITICS|WELLNESS|ENTERTAINMENT|STYLE & BEAUTY, "
        "short_description: text, "
        "authors: person, date: date",
    ),
    Public("Sarcasm_Headlines_Dataset.json", "article_link: url, headline: title, is_sarcastic: =0|1"),
    Public("fake-news/train.csv", "id: from 0, title: title, author: ?person, text: long, label: =0|1"),
    Public("fake_or_real_news.csv", ": number, title: title, text: long, label: =FAKE|REAL"),
    Public(
        "True_and_Fake.csv", "title: title, text: long, subject: =politicsNews|worldnews|News|politics, "
        "date: long date",
    ),
    Public("all-data.csv", "1: =neutral|negative|positive, 2: text", **BARE, encoding="latin-1"),
    Public(
        "liar/train.tsv",
        "1: number, 2: =false|half-true|mostly-true|true|barely-true|pants-fire, 3: text, "
        "4: ~abortion|energy|economy, "
        "5: person, 6: ?~Governor|Senator, 7: state, 8: ~republican|democrat, 9: count, 10: count, 11: count, "
        "12: count, "
        "13: count, 14: ~a news release|an interview|a floor speech", TABS, **BARE, may_ask=True,
    ),
    Public(
        "arxiv-metadata-oai-snapshot.json",
        "id: big number, submitter: person, authors: authors, title: title, comments: %pages, journal-ref: empty, "
        "doi: ?code, "
        "categories: =hep-ph|math.CO|cs.LG|astro-ph, "
        "license: ~http://arxiv.org/licenses/a/|http://arxiv.org/licenses/b/, "
        "abstract: long, update_date: date", may_ask=True,
    ),
    # Questions and intents.
    Public("quora/train.csv", "qid: hex, question_text: question, target: =0|1"),
    Public(
        "questions.csv", "id: from 0, qid1: number, qid2: big number, question1: question, question2: question, "
        "is_duplicate: =0|1", ALL,
    ),
    Public(
        "banking77.csv", "text: question, category: =card_arrival|pin_blocked|exchange_rate|age_limit|atm_support",
    ),
    Public("atis_intents.csv", "1: =atis_flight|atis_airfare|atis_airline, 2: question", **BARE),
    Public("snips.csv", "text: question, intent: =PlayMusic|BookRestaurant|GetWeather|RateBook"),
    Public(
        "massive/en-US.jsonl",
        "id: from 0, locale: 'en-US, partition: ~train|dev|test, scenario: +alarm|alarm|iot|music, "
        "intent: =alarm_set|alarm_query|iot_hue|music_likeness, utt: question, worker_id: count", may_ask=True,
    ),
    Public(
        "StackOverflow/train.csv", "Id: big number, Title: title, Body: html, Tags: tags, CreationDate: moment, "
        "Y: =LQ_CLOSE|HQ|LQ_EDIT",
    ),
    Public("stack-overflow-data.csv", "post: html, tags: =c#|java|php|python|javascript"),
    Public("trec.csv", "text: question, coarse_label: =0|1|2|3|4|5, fine_label: +0|4|8|12|16|20", may_ask=True),
    # Benchmarks of language understanding.
    Public(
        "CoLA/train.tsv", "1: ~gj04|cj99|bc01, 2: =0|1, 3: +*|, 4: text", {**TABS, "quoting": csv.QUOTE_NONE}, **BARE,
        may_ask=True,
    ),
    Public("SST-2/train.tsv", "sentence: title, label: =0|1", TABS),
    Public(
        "MNLI/train.tsv",
        "index: from 0, promptID: age, pairID: code, genre: ~fiction|government|slate, sentence1: text, "
        "sentence2: text, "
        "label1: +neutral|entailment|contradiction, gold_label: =neutral|entailment|contradiction", TABS,
        may_ask=True,
    ),
    # Others.
    Public(
        "emotions/train.txt", "1: text, 2: =sadness|anger|love|surprise|fear|joy", {"delimiter": ";", "quoting"
        : csv.QUOTE_NONE}, **BARE,
    ),
    Public("ecommerceDataset.csv", "1: =Household|Books|Electronics|Clothing & Accessories, 2: long", **BARE),
    Public("Language Detection.csv", "Text: text, Language: =English|Malayalam|Hindi|Tamil"),
    Public("UpdatedResumeDataSet.csv", "Category: =Data Science|HR|Advocate|Arts|Web Designing, Resume: long"),
    Public(
        "mtsamples.csv", ": from 0, description: text, medical_specialty: =Surgery|Radiology|Neurology, "
        "sample_name: ~Hernia|Knee MRI|Asthma, transcription: long, keywords: %authors", may_ask=True,
    ),
    Public(
        "complaints.csv",
        "Date received: date, Product: =Mortgage|Credit card|Student loan|Debt collection, "
        "Sub-product: ?~FHA|VA|Other, "
        "Issue: ~Billing|Late fee|Closing, Sub-issue: empty, Consumer complaint narrative: long, "
        "Company public response: ?~Company chooses not to respond|Company believes it acted appropriately, "
        "Company: ~Citibank|Equifax|Navient, State: state, ZIP code: zip, Tags: ?~Older American|Servicemember, "
        "Consumer consent provided?: 'Consent provided, Submitted via: 'Web, Date sent to company: date, "
        "Company response to consumer: ~Closed with explanation|Closed, Timely response?: ~Yes|No, "
        "Consumer disputed?: ~Yes|No, Complaint ID: big number", may_ask=True,
    ),
    Public(
        "winemag-data-130k-v2.csv", ": from 0, country: ~US|Italy|France, description: text, "
        "points: ~85|86|87|88|89|90, price: price, variety: =Merlot|Riesling|Pinot Noir", may_ask=True,
    ),
    Public("Bewertungen.csv", "Text: text, Bewertung: =gut|schlecht", {"delimiter": ";"}, encoding="cp1252"),
    # Several labels for a text.
    Public(
        "toxic/train.csv",
        "id: hex, comment_text: text, toxic: +0|1|1|1, severe_toxic: +0|0|0|1, obscene: +0|1|0|1, threat: +0|0|0|1, "
        "insult: +0|0|1|1, identity_hate: +0|0|1|0",
        asks=("toxic", "obscene", "identity_hate"),
    ),
]  # fmt: skip


def columns_of(public):
    """Return the names of the columns, and what each holds."""
    parts = re.findall(r"(?:\A|, )([^:]*): (.*?)(?=, [^:,]*: |\Z)", public.columns)
    return [name for name, _ in parts], [kind for _, kind in parts]


def rows_to_write(public):
    """Return random rows, and the position of the label."""
    rng, kinds = random.Random(public.columns), columns_of(public)[1]
    label = next((place for place, kind in enumerate(kinds) if kind.startswith("=")), None)
    classes = "    " if label is None else kinds[label][1:].split("|")
    codes = [i % len(classes) for i in range(N_ROWS)]
    rng.shuffle(codes)
    if public.is_sorted:
        codes.sort()
    traits = (
        ["commas", "numbers", "quotes", "sentences"] if public.how.get("quoting") != csv.QUOTE_NONE else ["numbers"]
    )
    style = Style(rng, ["english"], len(classes), (1, 1), traits)
    return [[cell(kind, rng, i, code, style) for kind in kinds] for i, code in enumerate(codes)], label


def cell(kind, rng, i, code, style):
    mark, words = kind[0], kind[1:].split("|")
    if mark == "?":
        return cell(kind[1:], rng, i, code, style) if rng.random() < 0.3 else None
    if mark == "%":
        return cell(kind[1:], rng, i, code, style)
    if mark == "'":
        return kind[1:]
    if mark in "=+":
        return words[code]
    if mark == "~":
        return rng.choice(words)
    if kind not in TEXTS:
        return KINDS[kind](rng, i)
    text = style.text(code, TEXTS[kind])
    if kind == "tweet" and i % 2:
        return f"@{KINDS['user'](rng, i)} {text} http://t.example/{KINDS['hex'](rng, i)[:8]}"
    if kind == "html":
        return f"<p>{text}</p>\n\n<pre><code>{rng.choice(FIRST_NAMES)} = 1;\n</code></pre>\n"
    return text + {"question": "?", "long": " Très café."}.get(kind, "")


def content_of(public, rows):
    names, _ = columns_of(public)
    if public.name.endswith((".json", ".jsonl")):
        return "".join(json.dumps(dict(zip(names, map(number, row), strict=True))) + "\n" for row in rows).encode()
    file = io.StringIO()
    writer = csv.writer(file, **{"lineterminator": "\n", **public.how})
    if public.header:
        writer.writerow(names)
    writer.writerows(rows)
    return file.getvalue().encode(public.encoding)


def number(value):
    """Return a label as JSON has it."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d)?", value):
        return json.loads(value)
    return value


def style_of(n_classes):
    return Style(random.Random(n_classes), ["english"], n_classes, TEXTS["text"], ["commas", "numbers"])


def labelled(classes):
    """Return random pairs of a label and a text."""
    style = style_of(len(classes))
    codes = style.rng.choices(range(len(classes)), k=N_ROWS)
    return [(classes[code], style.text(code)) for code in codes]
