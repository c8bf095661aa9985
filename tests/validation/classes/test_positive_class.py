from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matterlearn.validation.classes.positive import positive_class


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("0", "1"),
        ("0.0", "1.0"),
        ("-1", "1"),
        ("no", "yes"),
        ("No", "Yes"),
        ("FALSE", "TRUE"),
        ("normal", "cancer"),
        ("control", "case"),
        ("healthy control", "breast cancer"),
        ("Healthy", "Tumour"),
        ("normal", "tumor"),
        ("benign", "malignant"),
        ("absent", "present"),
        ("wild type", "mutant"),
        ("wild-type", "V600E"),
        ("controls", "patients"),
        ("negative", "positive"),
        ("ERn", "ERp"),
        ("ER-", "ER+"),
        ("ER neg", "ER pos"),
        ("-", "+"),
        ("n", "p"),
        ("normal", "abnormal"),
        ("non-toxic", "toxic"),
        ("nonmetal", "metal"),
        ("unstable", "stable"),
        ("no disease", "disease"),
        ("not cancer", "cancer"),
        ("cancer-free", "cancer"),
        ("inactive", "active"),
        ("alive", "dead"),
        ("without relapse", "with relapse"),
    ],
)
def test_known_pairs_whatever_their_frequency(negative, positive):
    for classes in ([negative, positive], [positive, negative]):
        for counts in (None, {negative: 1, positive: 99}, {negative: 99, positive: 1}):
            assert positive_class(classes, counts) == positive


def test_else_the_rarer():
    assert positive_class(["glass", "ceramic"], {"glass": 3, "ceramic": 2}) == "ceramic"
    assert positive_class(["glass", "ceramic"], {"glass": 2, "ceramic": 3}) == "glass"
    assert positive_class(["1", "2"], {"1": 50, "2": 20}) == "2"
    assert positive_class(["f", "m"], {"f": 2, "m": 3}) == "f"


def test_else_the_last_label():
    assert positive_class(["glass", "ceramic"]) == "glass"
    assert positive_class(["glass", "ceramic"], {"glass": 2, "ceramic": 2}) == "glass"


@pytest.mark.parametrize("classes", [[], ["yes"], ["yes", "yes"], ["yes", "no", "perhaps"]])
def test_none_of_other_than_two(classes):
    assert positive_class(classes) is None


@given(st.lists(st.text(max_size=6), min_size=2, max_size=2, unique=True), st.integers(0, 3), st.integers(0, 3))
def test_any_labels_have_one_whatever_their_order(classes, first, second):
    counts = dict(zip(classes, (first, second), strict=True))
    found = positive_class(classes, counts)
    assert found in classes
    assert positive_class(classes[::-1], counts) == found
