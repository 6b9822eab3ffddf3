"""TextClassifier(analyzer=...): what it learns from, and that models keep it."""

import random

import numpy as np
import pytest

import fastlr
from fastlr import TextClassifier

FILL = ["the", "a", "this", "that", "place", "thing", "with", "and", "of", "very", "quite", "it", "was", "here"]


def draw_marked(marks, joined=" ", fill=FILL, n=400):
    """Texts that differ by class in one of some marks only."""
    draw = random.Random(0)
    texts, labels = [], []
    for _ in range(n):
        label = draw.choice(sorted(marks))
        words = [draw.choice(fill) for _ in range(6)]
        words.insert(draw.randrange(6), draw.choice(marks[label].split()))
        texts.append(joined.join(words))
        labels.append(label)
    return texts, labels


@pytest.mark.parametrize(
    "marks",
    [
        {"pos": "😀 😍 👍🏿", "neg": "😡 😢 👎"},
        {"pos": ":) =) <3", "neg": ":( =( </3"},
        {"pos": "C#", "neg": "C++", "neither": "C"},
        {"pos": "🇫🇷", "neg": "🇩🇪"},
    ],
)
def test_symbols_tell_classes_apart(marks):
    texts, labels = draw_marked(marks)
    model = TextClassifier(ngrams=1, n_features=2**12).fit(texts[:300], labels[:300])
    assert model.score(texts[300:], labels[300:]) == 1
    assert {mark.lower().replace("🏿", "") for group in marks.values() for mark in group.split()} <= {
        *model.words_.values()
    }


SCRIPTS = {
    "Chinese": ("的 一 是 在 不 了 有 和 人 这 中 大 为 上 个 国", {"pos": "很好 喜欢 精彩", "neg": "很差 讨厌 无聊"}),
    "Thai": ("นี้ เป็น ที่ และ ของ ใน มี ได้ ว่า ให้", {"pos": "ดีมาก ชอบ สนุก", "neg": "แย่มาก เกลียด เบื่อ"}),
    "Japanese": ("これ は とても その 映画 私 です ます 本 を", {"pos": "楽しい 最高 素敵", "neg": "退屈 最悪 嫌い"}),
    "Khmer": ("នេះ ជា ដែល និង របស់ ក្នុង មាន បាន ថា ឲ្យ", {"pos": "ល្អ ចូលចិត្ត", "neg": "អាក្រក់ ស្អប់"}),
    "Burmese": ("ဒီ က နဲ့ မှာ ရှိ တယ် ကို", {"pos": "ကောင်း ကြိုက်", "neg": "ဆိုး မုန်း"}),
    "Lao": ("ນີ້ ເປັນ ທີ່ ແລະ ຂອງ ໃນ ມີ", {"pos": "ດີຫຼາຍ ມັກ", "neg": "ບໍ່ດີ ຊັງ"}),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_without_spaces(script):
    fill, marks = SCRIPTS[script]
    texts, labels = draw_marked(marks, "", fill.split())
    for analyzer in ("word", "char_wb"):
        model = TextClassifier(analyzer=analyzer, n_features=2**14, max_iter=5).fit(texts[:300], labels[:300])
        assert model.score(texts[300:], labels[300:]) > 0.95, analyzer


@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb", "whitespace"])
def test_models_keep_their_analyzer(tmp_path, analyzer):
    texts, labels = draw_marked({"pos": "a:) C++ x.y", "neg": "a:( C# x_y"}, n=60)
    parameters = {"analyzer": analyzer, "n_features": 2**14, "alpha": 1e-6, "max_iter": 2}
    model = TextClassifier(**parameters).fit(texts, labels)
    expected = model.predict_proba(texts)
    fastlr.save(model, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    assert again.analyzer == analyzer
    np.testing.assert_array_equal(again.predict_proba(texts), expected)
    np.testing.assert_allclose(again.to_sklearn().predict_proba(texts), expected, rtol=1e-5)
    assert again.words_ == TextClassifier(**parameters, backend="numpy").fit(texts, labels).words_


def test_white_space_splits():
    texts, labels = draw_marked({"pos": "x.y", "neg": "x,y"})
    model = TextClassifier(analyzer="whitespace", n_features=2**14).fit(texts, labels)
    assert model.score(texts, labels) == 1
    assert {"x.y", "x,y"} <= {*model.words_.values()}
    plain = TextClassifier(n_features=2**12).fit(texts[:300], labels[:300])
    assert plain.score(texts[300:], labels[300:]) < 0.7


def test_longest_ngrams_by_analyzer():
    texts, labels = draw_marked({"pos": "abcdefg", "neg": "hijklmn"})
    longest = {}
    for analyzer in ("word", "char", "char_wb", "whitespace"):
        for ngrams in (None, 3):
            model = TextClassifier(analyzer=analyzer, ngrams=ngrams, n_features=2**12, max_iter=1).fit(texts, labels)
            longest[analyzer, ngrams] = model._model.hasher.ngram_range[1]
    assert longest == {
        **{("word", None): 2, ("whitespace", None): 2, ("char", None): 5, ("char_wb", None): 5},
        **{(analyzer, 3): 3 for analyzer in ("word", "char", "char_wb", "whitespace")},
    }
    with pytest.raises(ValueError, match="analyzer must be"):
        TextClassifier(analyzer="letters").fit(texts, labels)
