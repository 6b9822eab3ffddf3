"""Roles that names of columns speak for."""

import pytest

from fastlr.files.tables.column_names import CLASS, LABEL, OTHER, TEXT, TITLE, role_of, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reviewText", ["review", "text"]),
        ("Review Text", ["review", "text"]),
        ("review_text", ["review", "text"]),
        ("\ufeffreview-text2", ["review", "text"]),
        ("HTMLBody", ["html", "body"]),
        ("Spam/Ham", ["spam", "ham"]),
        ("v1", ["v"]),
        ("", []),
    ],
)
def test_words_of_a_name(name, words):
    assert words_of(name) == words


NAMES = {
    LABEL: ["label", "Labels", "CLASS", "Category", "target", "gold_label", "label_num", "categoryId", "my_sentiment"],
    CLASS: ["rating", "Email Type", "is_sarcastic", "has_image_caption_flagged", "topic", "Stars", "Class Name"],
    TEXT: ["text", "comment_text", "OriginalTweet", "Review Text", "v_text", "message", "question1", "Resume_str"],
    TITLE: ["title", "Headline", "Summary", "review_title"],
    OTHER: [
        "id", "user_id", "ReviewId", "userName", "tweet_created", "created_at", "retweet_count", "date", "ZIP code",
        "airline", "user_description", "Unnamed: 0", "image_url", "text_id", "airline_sentiment_confidence",
    ],
    None: ["v1", "foo", "spalte", "x", "", "Age of Consent"],
}  # fmt: skip


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in NAMES.items() for name in names])
def test_roles_of_names(role, name):
    assert role_of(name) == role
