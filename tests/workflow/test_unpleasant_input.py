"""Tables as people have them: what can be fitted is, what cannot is one clear line."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matter_tables import METALS, binaries, sites
from small_fit import SMALLEST, quick

from matterlearn.core.errors import MatterlearnError
from matterlearn.workflow.fit import Fit, fit
from matterlearn.workflow.model import OUTPUT, load_model
from matterlearn.workflow.output import write_fit
from matterlearn.workflow.predict import predict

TABLE = binaries(30)
QUICK = quick(splits=("random",), n_folds=2)


def decided_by(split: object, *, elements: bool = True) -> dict[str, Any]:
    """Arguments of the least that is a fit, with a split that decides before random rows and, maybe, elements."""
    others = SMALLEST.splits if elements else ("random",)
    return quick(splits=tuple(dict.fromkeys([split, *others])), n_folds=SMALLEST.n_folds if elements else 2)


RANDOM = np.random.default_rng(0).normal(size=100)


def steels(**others: object) -> pd.DataFrame:
    formulas = [f"Fe{100 - i}C{i}" for i in range(1, 25)]
    return pd.DataFrame({"formula": formulas, "gap_eV": np.arange(24.0), **others})


def with_cells(column: str, *cells: object) -> pd.DataFrame:
    """The table with some cells of a column replaced from its top."""
    return TABLE.assign(**{column: [*cells, *TABLE[column].tolist()[len(cells) :]]})


FITTED: dict[str, tuple[pd.DataFrame, int, dict[str, object]]] = {
    # name: table, rows rejected, arguments
    "as few rows as possible": (binaries(20), 0, {}),
    "few rows, decided by elements": (binaries(21), 0, {"split": "element"}),
    "targets that are no numbers": (with_cells("gap_eV", np.inf, -np.inf, np.nan, None, "n/a"), 5, {}),
    "formulas that are none": (with_cells("formula", "Xx", "", None, "Na-", "<b>NaCl</b>"), 5, {}),
    "formulas that look missing": (with_cells("formula", "NaN", "No", "NO", "InF"), 0, {}),
    "three rows per element": (
        pd.DataFrame({"formula": [f"{metal}{n}" for metal in METALS for n in (1, 2, 3)], "gap_eV": RANDOM[:39]}),
        0,
        {},
    ),
    "equal rows with other targets": (pd.concat([TABLE, TABLE.assign(gap_eV=RANDOM[:30])]), 0, {}),
    "names with spaces, signs and scripts": (
        TABLE.rename(columns={"formula": "chemische Formel (µ) 化学", "gap_eV": "Δ gap $x$ {y} $z_"}),
        0,
        {"target": "Δ gap $x$ {y} $z_"},
    ),
    "integers as text": (TABLE.assign(gap_eV=[f" {i} " for i in range(30)]), 0, {}),
    "a target with one other value": (TABLE.assign(gap_eV=[0.0] * 29 + [0.5]), 0, {}),
    "tiny targets": (TABLE.assign(gap_eV=TABLE["gap_eV"] * 1e-12), 0, {}),
    "large targets": (TABLE.assign(gap_eV=TABLE["gap_eV"] * 1e90), 0, {}),
    "molecular ions on sites": (
        sites(30).assign(A=lambda rows: [{"MA": 0.5, "FA": 0.5}, *rows["A"].tolist()[1:]]),
        0,
        {},
    ),
    "sites as text": (sites(30).map(lambda cell: str(cell) if isinstance(cell, dict) else cell), 0, {}),
    "sites that do not sum to one": (
        sites(30).assign(A=lambda rows: [{k: v / 5 for k, v in cell.items()} for cell in rows["A"]]),
        0,
        {},
    ),
    "one chemistry and a number": (steels().assign(T_K=RANDOM[:24]), 0, {"inputs": ["formula", "T_K"]}),
    "no matter at all": (pd.DataFrame({"T_K": RANDOM[:30], "gap_eV": RANDOM[30:60]}), 0, {"inputs": ["T_K"]}),
    "categories only": (
        pd.DataFrame({"route": [f"r{i % 12}" for i in range(36)], "gap_eV": RANDOM[:36]}),
        0,
        {"inputs": ["route"]},
    ),
    "a constant input beside others": (TABLE.assign(T_K=300.0), 0, {"inputs": ["formula", "T_K"]}),
    "an index with holes": (TABLE.set_axis(range(0, 300, 10)), 0, {}),
    "one row to test on": (TABLE.assign(test=[1] + [0] * 29), 0, {"split": "holdout:test"}),
    "the heaviest element": (with_cells("formula", "LrO", "LrF3"), 0, {}),
    "a logarithm of values of which some have none": (
        TABLE.assign(gap_eV=[0.0, -1.0, *np.geomspace(1e-9, 1e9, 28)]),
        2,
        {"log": True},
    ),
    "weights over ten decades": (
        TABLE.assign(w=[0.0, *np.geomspace(1e-5, 1e5, 29)]),
        0,
        {"weights": "w"},
    ),
    "targets that hardly meet": (
        TABLE.assign(gap_eV=[*RANDOM[:21], *[None] * 9], k_GPa=[*[None] * 9, *RANDOM[9:30]]),
        0,
        {"target": ["gap_eV", "k_GPa"]},
    ),
    "targets of very different size": (
        TABLE.assign(tiny=TABLE["gap_eV"] * 1e-12, huge=TABLE["gap_eV"] * 1e12),
        0,
        {"target": ["tiny", "huge"]},
    ),
    "a target that is named like another and a column": (
        TABLE.assign(**{"gap_eV gap_eV": TABLE["gap_eV"], "prediction": 1.0}),
        0,
        {"target": ["gap_eV", "gap_eV gap_eV"]},
    ),
}


WITH_REPORT = {
    "names with spaces, signs and scripts",
    "no matter at all",
    "one row to test on",
    "large targets",
}
"""Those whose report is written, too: figures take time."""

WITH_ELEMENTS = {
    "as few rows as possible",
    "few rows, decided by elements",
    "formulas that are none",
    "three rows per element",
    "molecular ions on sites",
    "one chemistry and a number",
    "no matter at all",
    "categories only",
    "the heaviest element",
    "targets that hardly meet",
}
"""Those that say something about leaving elements out, too; it takes as long as all else."""


@pytest.mark.parametrize("name", FITTED)
def test_can_be_fitted(name, tmp_path):
    table, n_rejected, arguments = FITTED[name]
    split = arguments.get("split", "random")
    result: Fit = fit(table, **{"target": "gap_eV", **decided_by(split, elements=name in WITH_ELEMENTS), **arguments})
    assert result.dataset.n_rejected == n_rejected
    assert len(result.dataset) == len(table) - n_rejected
    scores = result.evidence.scores()
    assert np.isfinite(scores["mae"]).all()
    path = result.model.save(tmp_path / "model.mlz")
    if name in WITH_REPORT:
        assert (write_fit(result, tmp_path / "out") / "model.mlz").read_bytes() == path.read_bytes()
    rows = table[list(result.dataset.inputs)]
    found = predict(path, rows)
    pd.testing.assert_frame_equal(found, predict(result.model, rows), check_exact=True)
    for target in result.model.targets:
        column = {output: found[result.model.column(output, target)] for output in OUTPUT}
        assert column["prediction"].iloc[result.dataset.frame.index.to_numpy() - 1].notna().all()
        known = result.dataset.of(target).frame.index.to_numpy() - 1
        assert (column["lower"] <= column["upper"]).iloc[known].all()
        assert column["in_domain"].iloc[known].mean() >= 0.8


REFUSED: dict[str, tuple[pd.DataFrame, dict[str, object], str]] = {
    "few rows with elements to leave out": (
        pd.concat([steels(), pd.DataFrame({"formula": ["Fe90C5Ni5", "Fe80C9Cr11", "Fe8CNiCr"], "gap_eV": 1.0})]),
        {"split": "element"},
        "no element split: of 4 elements, 2 occur in every row",
    ),
    "too few rows": (binaries(19), {}, "19 usable rows are too few to judge a model; bring 20"),
    "too few that can be read": (with_cells("gap_eV", *["?"] * 11), {}, "19 usable rows are too few"),
    "no row can be used": (TABLE.assign(formula="Xx", gap_eV="none"), {}, "gap_eV"),
    "no formula is one": (TABLE.assign(formula=[f"Q{i}" for i in range(30)]), {}, "no column describes matter"),
    "the same formula everywhere": (
        TABLE.assign(formula="NaCl"),
        {},
        "formula is left out: it is the same in every row",
    ),
    "a constant input by name": (
        TABLE.assign(formula="NaCl"),
        {"inputs": ["formula"]},
        "only 1 different value of the inputs",
    ),
    "two different inputs": (
        TABLE.assign(formula=["NaCl", "KBr"] * 15),
        {},
        r"only 2 different values of the inputs \(formula\): too few to judge a model; bring 10",
    ),
    "the same target everywhere": (TABLE.assign(gap_eV=1.0), {}, "every row has the same value of 'gap_eV'"),
    "no target": (TABLE.assign(gap_eV=None), {}, "the target has no values"),
    "infinite targets": (TABLE.assign(gap_eV=np.inf), {}, "30 of 30 rows cannot be used"),
    "targets that overflow": (TABLE.assign(gap_eV=TABLE["gap_eV"] * 1e300), {}, "beyond 1e\\+100; change"),
    "thousands separators": (TABLE.assign(gap_eV=[f"{1000 + i:,}" for i in range(30)]), {}, "'1,000'"),
    "truth values beside numbers": (
        TABLE.assign(k_GPa=[True, False] * 15),
        {"target": ["gap_eV", "k_GPa"]},
        "'k_GPa' holds categories, and there are several targets",
    ),
    "the target as an input": (TABLE, {"inputs": ["gap_eV"]}, "'gap_eV' is a target"),
    "two columns of one name": (
        pd.concat([TABLE, TABLE[["formula"]]], axis=1),
        {},
        "two columns are named 'formula'",
    ),
    "a column without a name": (TABLE.rename(columns={"family": 3}), {}, "the column name 3 is not text"),
    "an empty table": (TABLE[:0], {}, "no rows"),
    "too few rows left to train on": (
        TABLE.assign(test=[1] * 25 + [0] * 5),
        {"split": "holdout:test"},
        "with 'test = 1' held out 5 different rows are left to train on; leave 10",
    ),
    "one group nearly everything": (
        TABLE.assign(lab=["a"] * 25 + ["b"] * 5),
        {"split": "group:lab"},
        "with 'a' held out 5 different rows are left to train on",
    ),
}


@pytest.mark.parametrize(("table", "arguments", "what"), REFUSED.values(), ids=REFUSED)
def test_is_refused_in_one_line(table, arguments, what):
    quick = decided_by(arguments.get("split", "random"))
    with pytest.raises(MatterlearnError, match=what) as caught:
        fit(table, **{"target": "gap_eV", **quick, **arguments})
    assert "\n" not in str(caught.value)


def test_windows_line_ends_gzip_and_a_byte_order_mark(tmp_path):
    text = "\ufeff" + TABLE.to_csv(index=False, lineterminator="\r\n")
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(text.encode()))
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    one, two = (fit(tmp_path / name, "gap_eV", **QUICK) for name in ("table.csv.gz", "table.csv"))
    assert one.evidence.predictions.equals(two.evidence.predictions)
    assert one.evidence.data["sha256"] != two.evidence.data["sha256"]


def test_the_order_of_the_columns_means_nothing(tmp_path):
    result = fit(sites(25), "gap_eV", **QUICK)
    path = result.model.save(tmp_path / "model.mlz")
    rows = sites(25).drop(columns="gap_eV")
    found = [load_model(path).predict(frame)["prediction"].to_numpy() for frame in (rows, rows[["X", "A"]])]
    np.testing.assert_array_equal(*found)
