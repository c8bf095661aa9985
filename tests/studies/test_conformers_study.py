"""The study of conformers on few of them: its numbers follow from the data, and its sentences from the numbers."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.studies.conformers import build
from matterlearn.studies.molecules import cheaper, data, fitting, learners, sections, transfer
from matterlearn.studies.run import StudyRun

KEYS = ("workshop", "augmented", "internal", "pairs", "terms", "network")
SIZES = (40, 90, 160)


def by_name(figure, folder, name: str) -> bytes:
    figure.canvas.draw()
    (folder / f"{name}.png").write_bytes(b"drawn")
    return b"drawn"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The study with six of its learners, written."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MATTERLEARN_DATA", str(tmp_path_factory.mktemp("home")))
    patch.setattr(data, "REQUESTED_QUICK", 230)
    patch.setattr(data, "N_TRAIN_QUICK", SIZES[-1])
    patch.setattr(fitting, "SIZES_QUICK", SIZES)
    patch.setattr(cheaper, "SIZES_QUICK", SIZES)
    patch.setattr(cheaper, "N_TIMED", 20)
    patch.setattr(fitting, "N_AUDITED", 10)
    patch.setattr(transfer, "N_EACH_QUICK", 12)
    every = learners.learners
    patch.setattr(
        "matterlearn.studies.conformers.learners",
        lambda quick, seed: [one for one in every(quick, seed) if one.key in KEYS],
    )
    patch.setattr("matterlearn.studies.page.save_figure", by_name)  # drawing them again takes longer than the rest
    made = build(StudyRun("conformers", quick=True, demo=False, seed=0, workers=1, say=lambda text: None))
    folder = tmp_path_factory.mktemp("study")
    made.write(folder)
    patch.undo()
    return made, folder


def test_the_first_model_fails_for_a_reason(page) -> None:
    numbers = page[0].numbers
    assert numbers["workshop_train_mae"] < 0.6 * numbers["workshop_test_mae"]
    assert numbers["moved_mae"] > 2 * numbers["workshop_train_mae"]
    assert {"translation", "rotation", "reflection"} <= set(numbers["workshop_broken"])


def test_features_mend_it_and_audits_prove_it(page) -> None:
    numbers = page[0].numbers
    assert numbers["terms_broken"] == numbers["pairs_broken"] == numbers["network_broken"] == []
    assert "reflection" in numbers["internal_broken"]
    assert {"translation", "rotation"} <= set(numbers["augmented_broken"])
    assert numbers["terms_mae"] < 0.3 * numbers["pairs_mae"] < 0.3 * numbers["workshop_mae"]


def test_errors_fall_with_more_conformers(page) -> None:
    of_terms = next(row for row in page[0].numbers["curves"] if row["model"].startswith("terms"))
    assert of_terms[f"n{SIZES[0]}"] > of_terms[f"n{SIZES[-1]}"] == page[0].numbers["terms_mae"]


def test_a_width_of_one_molecule_is_refused_for_another_and_said_so(page) -> None:
    lines = {row["model"]: row for row in page[0].numbers["transfer"]}
    for name, line in lines.items():
        refused = line["down_mae"] is None
        assert refused == name.startswith(("coordinates", "5 copies", "bonds")), name
        assert not refused or line["why"]
    terms = next(line for name, line in lines.items() if name.startswith("terms"))
    assert terms["down_mae"] < 0.2 * page[0].numbers["smaller_spread"]
    assert any(name.startswith("terms") for name in page[0].numbers["down_useful"])


def test_a_cheap_energy_helps(page) -> None:
    lines = {(row["features"], row["way"]): row[f"n{SIZES[-1]}"] for row in page[0].numbers["cheaper"]}
    assert lines["coordinates", "UFF as a feature"] < 0.7 * lines["coordinates", "direct"]
    assert page[0].numbers["uff_correlation"] > 0.8
    alone = lines["no structure", "UFF alone, a straight line"]
    assert alone == pytest.approx(page[0].numbers["uff_linear_mae"])


def test_what_is_written_is_whole(page) -> None:
    written = json.loads((page[1] / "numbers.json").read_text())["numbers"]
    assert written["n_train"] == SIZES[-1]
    assert written["n_kept"] == written["n_train"] + written["n_test"]
    html = re.sub('src="[^"]*"', "", (page[1] / "study.html").read_text())
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", html)
    assert len(list((page[1] / "figures").glob("*.png"))) == 9


def test_the_same_seed_divides_alike_and_mev_per_atom_is_exact(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path))
    monkeypatch.setattr(data, "REQUESTED_QUICK", 20)
    monkeypatch.setattr(data, "N_TRAIN_QUICK", 10)
    run = StudyRun("conformers", quick=True, demo=False, seed=3, workers=1, say=lambda text: None)
    first, second = data.conformer_data(run), data.conformer_data(run)
    np.testing.assert_array_equal(first.energies, second.energies)
    np.testing.assert_array_equal(first.train.positions, second.train.positions)
    assert data.in_mev_per_atom(data.KCAL_PER_EV, 1) == pytest.approx(1000)
    assert set(sections.SHOWN) >= set(MOLECULE_SYMMETRIES)
