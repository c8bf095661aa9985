from __future__ import annotations

import numpy as np
import pytest
from class_tables import class_lines, probabilities

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.classes.wide import class_rows

CODES = np.array([2, 0, 1, 1, 0, 2])
P = probabilities(np.random.default_rng(0), CODES, 3)
CLASSES = ["a", "b", "c"]


def table(**arguments):
    return class_lines(
        P,
        CODES,
        CLASSES,
        **{
            "row_id": [5, 6, 7, 5, 6, 7],
            "repeat": [0, 0, 0, 1, 1, 1],
            "fold": [0, 1, 1, 2, 2, 3],
            "decided": [0, 1, 2, 0, 1, 2],
            "rejected": [True, False, False, True, False, False],
            "level_needed": 1 - P,
            "raw": P[:, ::-1],
            "weight": np.arange(1.0, 7.0),
            "difficulty": 1 - P.max(axis=1),
            "domain": np.arange(6) / 2,
            "in_domain": np.arange(6) < 3,
            **arguments,
        },
    )


def test_lines_in_any_order_become_the_same_rows():
    rows = class_rows(table().sample(frac=1.0, random_state=0))
    assert rows.classes == ("a", "b", "c")
    assert (len(rows), rows.n_classes) == (6, 3)
    np.testing.assert_array_equal(rows.P, P)
    np.testing.assert_array_equal(rows.raw, P[:, ::-1])
    np.testing.assert_array_equal(rows.level_needed, 1 - P)
    assert rows.codes.tolist() == CODES.tolist()
    assert rows.decided.tolist() == [0, 1, 2, 0, 1, 2]
    assert rows.rejected.tolist() == [True, False, False, True, False, False]
    assert rows.key().tolist() == [[0, 0, 5], [0, 1, 6], [0, 1, 7], [1, 2, 5], [1, 2, 6], [1, 3, 7]]
    assert rows.weight.tolist() == [1, 2, 3, 4, 5, 6]
    assert rows.domain.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert rows.in_domain.tolist() == [True] * 3 + [False] * 3
    np.testing.assert_array_equal(rows.difficulty, 1 - P.max(axis=1))


def test_classes_are_sorted_by_their_labels():
    rows = class_rows(class_lines([[0.2, 0.8]], [0], ["z", "b"]))
    assert rows.classes == ("b", "z")
    assert rows.P.tolist() == [[0.8, 0.2]]
    assert (rows.codes.tolist(), rows.decided.tolist()) == ([1], [0])


def test_some_rows_keep_all_classes():
    rows = class_rows(table(weight=[0.0, 1.0, 1.0, 0.0, 2.0, 1.0]))
    assert rows.counted.weight.tolist() == [1.0, 1.0, 2.0, 1.0]
    part = rows.where(rows.codes == 1)
    assert part.classes == ("a", "b", "c")
    np.testing.assert_array_equal(part.P, P[[2, 3]])


def test_no_lines():
    rows = class_rows(table().iloc[:0])
    assert (len(rows), rows.classes) == (0, ())
    assert len(rows.counted) == 0


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (lambda lines: lines.iloc[1:], "each of the 3 classes once"),
        (lambda lines: lines.drop(index=[0, 4, 8]), "each of the 3 classes once"),
        (lambda lines: lines.iloc[[*range(18), 0, 1, 2]], "each of the 3 classes once"),
        (lambda lines: lines.assign(y=0.0), "6 predictions have not exactly one measured class"),
        (lambda lines: lines.assign(decided=[True, *lines["decided"][1:]]).assign(decided=True), "one decision"),
        (lambda lines: lines.assign(**{"class": ""}), "no classification"),
        (lambda lines: lines.assign(model=["x", *lines["model"][1:]]), "more than one model: x, model"),
        (lambda lines: lines.assign(split=["x", *lines["split"][1:]]), "more than one split"),
        (lambda lines: lines.assign(target=["x", *lines["target"][1:]]), "more than one target"),
    ],
)
def test_what_is_no_table_of_classes(broken, what):
    with pytest.raises(ArgumentError, match=what):
        class_rows(broken(table()))
