"""Names that columns have in well-known datasets, and the role that a name speaks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# Roles that a name may speak for. "label" and "text" are certain, "class" and "title" are likely names of the same.
LABEL = "label"
CLASS = "class"
TEXT = "text"
TITLE = "title"
OTHER = "other"  # ids, dates, persons, places, counts and whatever else is neither a label nor a text


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names of columns are rarely longer, in characters.
MAX_NAME = 50

# Points of a name in use for a header, and of one of labels and texts.
NAME, SURE_NAME = 2.0, 3.0

# Names are compared in lower case, without spaces, underscores, hyphens, dots and digits at their end.
NAMES = {
    LABEL: _words(
        """label labels class classes category categories target targets y sentiment sentiments polarity goldlabel
        truelabel outcome groundtruth annotation output classindex classlabel categoryname categoryid categorylabel
        etiqueta etiquette klasse kategorie kategoria categoria categorie sinif etiket metka klass categoryslug
        labelname labelid labelnum labelindex labeltext textlabel sentimentlabel emotionlabel spamham hamspam
        spamorham"""
    ),
    CLASS: _words(
        """topic topics classname topicgroup rating ratings star stars starrating score overall overallrating
        reviewrating reviewscore reviewerscore emotion emotions feeling feelings mood intent intents intention genre
        genres type types kind section tag tags theme themes subject area subreddit newsgroup group department product
        issue domain field stance spam ham toxic toxicity isspam issarcastic isduplicate isfake istoxic ishate
        ishatespeech sarcasm sarcastic hate hatespeech offensive irony fake verdict truth fraud fraudulent violation
        grade gradescore classification result status severity priority queue code lang language dialect
        nationality style register specialty medicalspecialty speciality variety cuisine subtask subtaska relation
        relevance evaluation opinion acceptability acceptable similarity entailment tweettype cyberbullyingtype
        emailtype dominanttopic terms subjects industry sector occupation jobcategory cause diagnosis disease disorder
        condition personality species difficulty level levelone isabusive abusive bias party authortype questiontype
        ytrue answertype coarse coarselabel fine finelabel superclass subclass"""
    ),
    TEXT: _words(
        """text texts document documents doc docs content contents body abstract review reviews reviewtext reviewbody
        reviewcontent textreview reviewcomment reviewdescription reviewertext comment comments commenttext commentbody
        message messages messagetext sms mail email emailtext emailbody sentence sentences sent tweet tweets tweettext
        originaltweet tweetcontent fulltext rawtext cleantext cleanedtext textclean processedtext plaintext texten post
        posts posttext postbody utterance utterances question questions questiontext questionbody query queries
        querytext statement statements article articles articletext articlebody articlecontent news newstext story
        lyrics lyric transcript transcription transcriptions narrative consumercomplaintnarrative complaint
        complainttext complaintnarrative phrase passage paragraph resume resumestr resumetext cv essay essaytext plot
        plotsummary synopsis dialogue speech caption note notes input inputtext prompt premise hypothesis feedback
        replytext texto texte testo tekst metin matn contenu commentaire kommentar nachricht besedilo selftext bodytext
        maintext statustext textdata verbatim remark remarks opiniontext answertext bestanswer answer description
        descriptions longdescription shortdescription productdescription jobdescription itemdescription"""
    ),
    TITLE: _words(
        """title titles headline headlines heading summary summaries subjectline reviewtitle reviewsummary
        reviewheadline articletitle newstitle newsheadline posttitle questiontitle questioncontent producttitle
        productname jobtitle subtitle lead lede keywords keyword requirements benefits titel titre titulo titolo
        booktitle videotitle pros cons positivereview negativereview shortsummary highlights conclusion"""
    ),
}  # fmt: skip

# Names of other columns, as whole names or as their last word.
OTHERS = _words(
    """id ids idx index uuid guid key pk qid tid pid uid sku asin isbn isin hash md sha slug row rownum rowid rownumber
    number no num serial sequence seq order position unnamed date dates datetime time times timestamp created updated
    published modified posted crawled day month year week hour weekday createdat updatedat at utc epoch ts timeofday
    tweetat url urls uri link links href permalink image images img photo picture avatar path file filename filepath
    website homepage thumbnail user users username userid author authors name names fullname firstname lastname
    reviewer reviewername profilename screenname nickname handle customer sender from to receiver recipient poster
    writer speaker annotator worker editor creator owner contact phone emailaddress address taster age gender sex
    birthday city country state region province location place county zip zipcode postcode postal street lat latitude
    lon lng longitude coord coords coordinates geo timezone usertimezone airline airlines brand company store shop
    hotel device platform client app appname browser os version source origin publisher outlet site host entity via
    count counts votes likes dislikes favorites favourites retweets retweetcount replies shares views clicks upvotes
    downvotes ups downs helpful unhelpful useful useless funny cool thumbs thumbsup thumbsdown followers friends
    following length len lentext nchars nwords words chars size total sum amount quantity qty frequency freq
    helpfulnessnumerator helpfulnessdenominator positivefeedbackcount price prices cost salary revenue income fee
    points odds weight weights sampleweight importance confidence conf probability prob certainty agreement trust kappa
    split splits fold folds set subset partition usage istrain istest isvalid flag verified verifiedpurchase isretweet
    isreply isquote edited deleted archived gold reply response reason noteid workerid rater parent parentid thread
    html json xml vector embedding tokens lemmas pos ner prediction predictions predicted pred preds"""
)

# Words that follow another in a name and change nothing: "label_id", "class index", "topic name".
SUFFIXES = _words(
    "id ids idx index name names num number code text str string int encoded enc value values ind column col"
)

# Words that precede another in a name and make it one of these: "user_description", "company_response".
PREFIXES = _words(
    """user author reviewer customer seller company reply response parent meta origauthor hotel predicted pred model
    auto num number n nb total count"""
)

# Labels in use, with underscores for spaces.
LABELS = _words(
    """pos neg neu positive negative neutral mixed irrelevant spam ham real fake good bad hq joy sadness anger fear
    love surprise disgust happy sad angry entailment contradiction world sports business tech politics entertainment
    sport toxic hate offensive normal none other favor against bullish bearish unrelated extremely_positive
    extremely_negative suicide non-suicide sarcastic positivo negativo neutro"""
)

# Values that tell the parts of a data set.
SPLITS = _words("train training test testing valid validation val dev eval evaluation holdout")

# Values of flags besides 0 and 1.
FLAGS = _words("true false yes no t f y n")

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SEPARATES = re.compile(r"[\W_]+", re.UNICODE)
DIGITS = re.compile(r"\d+\Z")


def words_of(name: str) -> list[str]:
    """Return the words of a name, in lower case, without digits at the end of any."""
    parts = SEPARATES.split(" ".join(CAMEL.split(name.strip().lstrip("\ufeff"))))
    return [word for word in (DIGITS.sub("", part.lower()) for part in parts) if word]


@lru_cache(1024)
def role_of(name: str) -> str | None:
    """Return the role that a name speaks for; None if it says nothing.

    Examples
    --------
    >>> role_of("Email Type"), role_of("reviewText"), role_of("user_id"), role_of("v1")
    ('class', 'text', 'other', None)
    """
    words = words_of(name)
    if not words:
        return None
    whole = "".join(words)
    for role, names in NAMES.items():
        if whole in names:
            return role
    if whole in OTHERS:
        return OTHER
    if len(words) > 1:
        stem = role_of(" ".join(words[:-1])) if words[-1] in SUFFIXES else None
        if stem == LABEL or (stem == TEXT and words[-1] in ("text", "str", "string")):
            return stem
        if words[0] in PREFIXES or words[-1] in OTHERS:
            return OTHER
        # The last word is what the others describe: "airline_sentiment" is a sentiment.
        return role_of(words[-1]) or (CLASS if words[0] in ("is", "has") else None)
    return None


def has_names(row: Sequence[str]) -> bool:
    """Tell whether a row has names in use: a sure one, or several."""
    return sum(map(points_of_name, row)) >= SURE_NAME


def points_of_name(cell: str) -> float:
    """Return how much a cell speaks for a header by being a name in use."""
    role = role_of(cell) if len(cell) <= MAX_NAME else None
    return 0.0 if role is None else SURE_NAME if role in (LABEL, TEXT) else NAME
