"""The classifier of band types: rows, scores, and sentences that follow from the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from matterlearn.core.errors import TrainingError
from matterlearn.data.dataset import make_dataset
from matterlearn.studies import band_type_models as models
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts import band_types as part
from matterlearn.studies.run import StudyRun

RUN = StudyRun("perovskite-alloys", quick=False, demo=False, seed=0, workers=1, say=lambda message: None)
SETTINGS = {"hidden_widths": (8,), "learning_rate": 0.02, "batch_size": 64, "epochs": 30, "device": "cpu"}
KIND = {"Ca": "metal", "Sr": "metal", "Ba": "metal", "Mg": "indirect", "Be": "direct"}


@pytest.fixture
def types() -> models.BandTypes:
    """120 rows whose band type is that of the element on A; 20 % of them are not metals."""
    rng = np.random.default_rng(0)
    a = rng.permutation(["Ca"] * 40 + ["Sr"] * 40 + ["Ba"] * 16 + ["Mg"] * 14 + ["Be"] * 10)
    frame = pd.DataFrame({"A": a, "B": rng.choice(["Ti", "Zr", "Hf"], 120), "X": rng.choice(["O3", "O2N"], 120)})
    frame["gap_class"] = [KIND[symbol] for symbol in a]
    kinds = {"A": "site", "B": "site", "X": "site", "gap_class": "category"}
    return models.BandTypes(make_dataset(frame, ["gap_class"], ["A", "B", "X"], kinds), ("A", "B", "X"))


def test_rows_and_folds(types: models.BandTypes) -> None:
    assert types.counts == {"metal": 96, "indirect": 14, "direct": 10}
    assert types.majority == "metal"
    assert types.X.shape == (120, 5 + 3 + 2)
    np.testing.assert_allclose(types.X[:, :8].sum(axis=1), 2)
    folds = types.folds(seed=1)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(120))
    # Equal inputs stay on one side.
    for train, test in folds:
        assert not {tuple(row) for row in types.X[train]} & {tuple(row) for row in types.X[test]}


def test_what_can_be_learned_is_learned(types: models.BandTypes) -> None:
    judged = models.judge(types, SETTINGS, RUN)
    assert list(judged) == [models.PLAIN, models.WEIGHTED]
    for result in judged.values():
        assert isinstance(result, models.Judged)
        assert len(result.balanced) == models.N_FOLDS
        y, prediction = result.pairs["train"]
        assert models.balanced((y, prediction)) > 0.9
        assert result.balanced[0] == models.balanced(result.pairs["test"])


def test_a_loss_that_runs_away_is_told(types: models.BandTypes, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = models.judge(types, {**SETTINGS, "learning_rate": 1e30, "optimizer": "sgd"}, replace(RUN, quick=True))
    assert all(isinstance(result, TrainingError) for result in judged.values())
    page = page_of(types, judged, monkeypatch)
    assert text_of(page).count("cannot be trained") == 2
    assert "oxides_plain_balanced" not in page.numbers


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, prediction = (rng.choice(["metal", "indirect", "direct"], 60) for _ in range(2))
    found = models.scores((y, prediction), ["metal", "indirect", "direct"])
    assert found["balanced"] == pytest.approx(balanced_accuracy_score(y, prediction))
    assert found["balanced"] == pytest.approx(np.mean(found["recall"]))
    # Classes that are predicted and do not occur have no recall.
    assert models.balanced((np.array(["metal"] * 4), np.array(["metal", "metal", "metal", "direct"]))) == 0.75


@pytest.mark.parametrize(
    ("weighted", "said"),
    [
        # 18 metals, 2 others; without weights all are taken for metals
        (
            ["metal"] * 16 + ["direct"] * 2 + ["direct"] * 2,
            "weights gain 0.444 of balanced accuracy and cost no accuracy",
        ),
        (["metal"] * 10 + ["direct"] * 8 + ["direct"] * 2, "So weights buy 0.278 of balanced accuracy for 0.300"),
        (["metal"] * 18 + ["direct"] * 2, "weights gain 0.500 of balanced accuracy and cost no accuracy"),
        (["metal"] * 10 + ["direct"] * 8 + ["metal"] * 2, "weights do not pay"),
        (["metal"] * 20, "weights gain no balanced accuracy, and cost no accuracy either"),
    ],
)
def test_the_trade_is_what_the_numbers_say(
    types: models.BandTypes, weighted: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = np.array(["metal"] * 18 + ["direct"] * 2)

    def judged(prediction: list[str], balanced: list[float]) -> models.Judged:
        pair = (y, np.array(prediction))
        return models.Judged({"train": pair, "test": pair}, balanced)

    page = page_of(
        types,
        {
            models.PLAIN: judged(["metal"] * 20, [0.5, 0.5, 0.5, 0.5, 0.5]),
            models.WEIGHTED: judged(weighted, [0.6, 0.7, 0.6, 0.7, 0.4]),
        },
        monkeypatch,
    )
    text = text_of(page)
    assert said in text
    assert "above 0 in 4 of 5: which the draw of the rows may explain" in text
    assert page.numbers["oxides_n_rare"] == 2
    assert "become one that always says metal" in text


def test_a_demonstration_has_no_band_types() -> None:
    page = StudyPage("Alloys", RUN)
    part.add_band_types(page, replace(RUN, demo=True), SETTINGS)
    assert "Left out in a demonstration" in text_of(page)


def test_a_table_that_is_not_there_is_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path))
    page = StudyPage("Alloys", RUN)
    part.add_band_types(page, RUN, SETTINGS)
    assert "perov5_gap is not in the data home" in text_of(page)


def page_of(types: models.BandTypes, judged: dict, monkeypatch: pytest.MonkeyPatch) -> StudyPage:
    monkeypatch.setattr(part, "band_types", lambda name: types if name == "perovskite_oxides_unalloyed" else None)
    monkeypatch.setattr(part, "judge", lambda *arguments: judged)
    page = StudyPage("Alloys", RUN)
    part.add_band_types(page, RUN, SETTINGS)
    return page


def text_of(page: StudyPage) -> str:
    blocks = [block for section in page._sections for block in section.blocks]
    return " ".join("".join(piece.text for piece in block.get("pieces", [])) for block in blocks)
