"""What age alone tells, and what the metabolites tell among persons of the same age."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict

from matterlearn.core.parallel import item_seed
from matterlearn.studies.age_matching import age_gaps, auc_of_pairs, matched_pairs, shared_ages
from matterlearn.studies.auc_interval import AucInterval, auc_interval
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.ages import ages_of_classes, areas_of_like_age
from matterlearn.studies.metabolite_cases import N_FOLDS, MetaboliteCase
from matterlearn.studies.metabolite_models import Floats, FoldScores, forest, on_folds, ridge, scaled
from matterlearn.studies.page import Column
from matterlearn.studies.parts.metabolite_folds import N_REPEATS
from matterlearn.validation.metrics import r2

WIDTHS = (0, 1, 2, 3, 5, 10, np.inf)
"""Largest differences of age in a pair, years."""

PAIR_WIDTHS = (0, 1, 2, 3, 5)

TELLING = 0.75
"""Area from which on numbers of patients are called telling."""

FALSE_SHARE = 0.05
"""Share of false ones that is allowed among the metabolites called different."""

AGE_TREES, QUICK_AGE_TREES = 200, 50
"""Trees of the forest that predicts the age, in a full and in a quick study."""

PAIR_REPEATS, QUICK_PAIR_REPEATS = 20, 6
"""Draws of the folds for pairs: in one draw a pair falls into the same fold with a probability of one in five."""


def add_confounder(part: CasePage, case: MetaboliteCase) -> None:
    """Write the section on age; without ages in the table, say that nothing can be said.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    """
    part.section("The confounder comes first: age")
    part.add(has_ages=case.ages is not None, pair_repeats=QUICK_PAIR_REPEATS if part.page.run.quick else PAIR_REPEATS)
    if case.ages is None:
        part.text(
            "The table states nothing of the patients but the label: no age, no origin, no day of the measurement. So"
            " nobody can tell from it whether the classes differ in something else that the inputs give away. That is"
            " no sign that they do not. On the plasma table of this study the question has an answer, and most of the"
            " result depends on it."
        )
        return
    ages = case.ages
    _add_age_alone(part, case, ages)
    _add_numbering(part, case)
    _add_channel(part, case, ages)
    _add_matching(part, case, ages)
    _add_like_age(part, case, ages)
    _add_metabolites(part, case, ages)


def _add_age_alone(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    folds = case.repeated_folds(part.page.run.seed, N_REPEATS)
    column = ages[:, None]
    tree = on_folds(forest, column, case.y, folds)
    line = on_folds(lambda seed: scaled(LogisticRegression()), column, case.y, folds)
    ones, zeros = ages[case.y == 1], ages[case.y == 0]
    gap_low, gap_high = _gap(ones, zeros)
    part.add(
        age_mean_positive=ones.mean(),
        age_mean_negative=zeros.mean(),
        age_min_positive=ones.min(),
        age_max_positive=ones.max(),
        age_min_negative=zeros.min(),
        age_max_negative=zeros.max(),
        age_forest_auc=tree.auc.mean(),
        age_forest_sd=tree.auc.std(ddof=1),
        age_line_auc=line.auc.mean(),
        gap_low=gap_low,
        gap_high=gap_high,
        n_in_gap=int(np.sum((ones >= gap_low) & (ones <= gap_high))),
        n_oldest=int(np.sum(zeros > gap_high)),
    )
    part.figure(
        "ages",
        ages_of_classes({case.positive: ones, case.negative: zeros}),
        "Ages of the two classes, in years. The patients fill the gap that the controls leave.",
    )
    part.text(
        "Before any metabolite is looked at: patients are on average {_age_mean_positive:.1f} years old and controls"
        " {_age_mean_negative:.1f}, as if they had been matched. They were not. No control is aged {_gap_low:.0f} to"
        " {_gap_high:.0f}, and {_n_in_gap} of {_n_positive} patients are; the controls are younger or older.",
        "A forest that sees nothing but the age reaches an AUC of {_age_forest_auc:.3f} ± {_age_forest_sd:.3f} over"
        " {n_all_folds} folds. Logistic regression on the age has {_age_line_auc:.2f}, no more than chance, since the"
        " difference is not in the mean: whoever checks for a confounder by comparing means, or with a linear model,"
        " finds nothing here.",
    )


def _add_numbering(part: CasePage, case: MetaboliteCase) -> None:
    """Say what the numbers of the patients tell, if they are numbers."""
    digits = [re.sub(r"\D", "", patient) for patient in case.groups.tolist()]
    if not all(digits):
        return
    numbers = np.array([float(text) for text in digits])
    found = on_folds(forest, numbers[:, None], case.y, case.repeated_folds(part.page.run.seed, 1))
    part.add(number_auc=found.auc.mean(), number_sd=found.auc.std(ddof=1))
    if part["number_auc"] > TELLING:
        part.text(
            "It is not the age alone. A forest that sees nothing but the number under which a patient was registered"
            " has an AUC of {_number_auc:.2f} ± {_number_sd:.2f}: patients and controls were numbered in blocks,"
            " perhaps at other times or places. Whatever else changed with that (tubes, storage, the day of the"
            " measurement) is in the metabolites, too, and no column of the table says what it was."
        )


def _gap(ones: Floats, zeros: Floats) -> tuple[float, float]:
    """Return first and last year of the longest stretch of ages without a row of class 0 among those of class 1."""
    inside = np.unique(zeros)
    start = int(np.argmax(np.diff(inside)))
    return float(inside[start]) + 1, float(inside[start + 1]) - 1


def _add_channel(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    """Measure whether metabolites know the age within a class, where the label cannot help."""
    found = {}
    for name, rows in (("positive", case.y == 1), ("negative", case.y == 0)):
        model = RandomForestRegressor(
            QUICK_AGE_TREES if part.page.run.quick else AGE_TREES,
            min_samples_leaf=2,
            max_features=1 / 3,
            random_state=0,
        )
        folds = KFold(N_FOLDS, shuffle=True, random_state=item_seed(part.page.run.seed, "ages", name) % 2**32)
        predicted = cross_val_predict(model, case.values[rows], ages[rows], cv=folds)
        found[f"age_r2_{name}"] = r2(ages[rows], predicted)
    part.add(**found)
    knows = max(found.values()) > 0.1
    part.text(
        "A confounder does harm if the inputs know it. Within one class, where the label cannot help, a forest on the"
        " metabolites predicts the age of rows it has not seen with R² = {_age_r2_positive:.2f} among the patients and"
        " {_age_r2_negative:.2f} among the controls, whose ages are spread more widely."
        + (
            " So the metabolites do know something of the age, and a model of the label may use it."
            if knows
            else " So a forest finds little of the age in them; that it is not there has not been shown."
        )
    )


def _add_matching(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    lines = []
    for width in PAIR_WIDTHS:
        pairs = matched_pairs(ages, case.y, width)
        line = {"width": width, "pairs": len(pairs), "undisputed": _undisputed(case, ages, width)}
        if case.races is not None:
            line["same_race"] = len(matched_pairs(ages, case.y, width, case.races))
        lines.append(line)
    inside = shared_ages(ages, case.y)
    old = inside & (ages > part["gap_high"])
    part.add(
        exact_pairs=lines[0]["pairs"],
        exact_pairs_undisputed=lines[0]["undisputed"],
        exact_pairs_race=lines[0].get("same_race"),
        n_shared=int(inside.sum()),
        n_shared_positive=int(np.sum(inside & (case.y == 1))),
        n_shared_negative=int(np.sum(inside & (case.y == 0))),
        n_shared_disputed=int(np.sum(inside & case.disputed)),
        shared_low=int(ages[inside].min()),
        gap_before=int(part["gap_low"]) - 1,
        shared_ages=[int(age) for age in np.unique(ages[inside])],
        n_old_positive=int(np.sum(old & (case.y == 1))),
        n_old_disputed=int(np.sum(old & case.disputed)),
    )
    part.text(
        "The usual remedy is to compare each patient with a control of the same age. The largest number of such pairs,"
        " no person in two of them, is that of a maximum bipartite matching:"
    )
    part.table(
        "pairs",
        lines,
        [
            Column("width", "ages differ by at most (years)", "d"),
            Column("pairs", "pairs", "d"),
            *([Column("same_race", "of the same race, too", "d")] if case.races is not None else []),
            *([Column("undisputed", "without disputed labels", "d")] if case.disputed.any() else []),
        ],
        "Of {_n_positive} patients at most {_exact_pairs} find a control of exactly their age. Race as published, with"
        " the two spellings of one race made equal.",
    )
    part.text(
        "Ages that both classes have ({_shared_ages}) hold {_n_shared} rows: {_n_shared_positive} patients and"
        " {_n_shared_negative} controls. What the metabolites tell beyond age has to be read from these.",
        "Worse, the {_n_old_positive} patients at the upper end are all among the {_n_disputed} whose two published"
        " labels disagree: without the disputed rows {_exact_pairs_undisputed} exact pairs are left."
        if part["n_old_positive"] and part["n_old_positive"] == part["n_old_disputed"]
        else "",
    )


def _undisputed(case: MetaboliteCase, ages: Floats, width: float) -> int:
    kept = ~case.disputed
    return len(matched_pairs(ages[kept], case.y[kept], width))


def _add_like_age(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    """Judge models over pairs of like age, both rows of a pair being test rows of the same fold."""
    folds = case.repeated_folds(part.page.run.seed, part["pair_repeats"])
    models = {"logistic": (lambda seed: scaled(ridge()), case.values), "forest": (forest, case.values)}
    models["age"] = (forest, ages[:, None])
    judged = {key: on_folds(model, X, case.y, folds) for key, (model, X) in models.items()}
    gaps = age_gaps(ages, case.y)
    lines = []
    for width in WIDTHS:
        line: dict[str, Any] = {"width": f"{width} years" if np.isfinite(width) else "all pairs"}
        for key, scores in judged.items():
            found, line["pairs"] = _area(part, scores, gaps <= width, key, str(width))
            line |= {key: found.auc, f"{key}_low": found.low, f"{key}_high": found.high}
        lines.append({**line, **{f"{key}_interval": _ends(line, key) for key in judged}})
    for key in judged:
        part.add(
            **{f"like_{key}{end}": lines[0][f"{key}{end}"] for end in ("", "_low", "_high")},
            **{f"any_{key}": lines[-1][key]},
        )
    part.add(n_like_pairs=lines[0]["pairs"])
    part.text(
        "The AUC is the share of pairs of a patient and a control in which the patient gets the higher probability. So"
        " it can be taken over pairs of like age only; over pairs of equal age, age itself tells nothing and has one"
        " half. Both persons of a pair are judged by the same model, which has learned from neither: only pairs that"
        " fell into the same test fold count, over {_pair_repeats} draws of {n_folds} folds. (If each person were"
        " judged by another model, age would look worse than chance, because the model that lacks a patient of some"
        " age takes that age for healthier.)",
    )
    part.table(
        "age_windows",
        lines,
        [
            Column("width", "ages differ by at most"),
            Column("pairs", "pairs", ",d"),
            Column("logistic", "logistic, L2", ".2f"),
            Column("logistic_interval", "95 % interval"),
            Column("forest", "forest", ".2f"),
            Column("forest_interval", "95 % interval"),
            Column("age", "age alone", ".2f"),
        ],
        "AUC over pairs of like age; intervals by bootstrap over the patients and the controls.",
    )
    names = {"logistic": "logistic, L2", "forest": "forest", "age": "age alone"}
    part.figure(
        "like-age",
        areas_of_like_age(
            [str(line["width"]).removesuffix(" years") for line in lines],
            {
                name: [(line[key], line[f"{key}_low"], line[f"{key}_high"]) for line in lines]
                for key, name in names.items()
            },
        ),
        "AUC over pairs whose ages differ by no more than so many years, with 95 % intervals. Age alone falls to one"
        " half, by construction; what is left of the metabolites is what they tell beyond it.",
    )
    _add_inside(part, case, ages)
    part.text(
        "Over all pairs the logistic pipeline has {_any_logistic:.2f} and the forest {_any_forest:.2f}. Among pairs of"
        " equal age, {_n_like_pairs} of them, it is {_like_logistic:.2f} [{_like_logistic_low:.2f},"
        " {_like_logistic_high:.2f}] and {_like_forest:.2f} [{_like_forest_low:.2f}, {_like_forest_high:.2f}].",
        "Models that learn from the {_n_shared} rows of shared ages alone reach {_inside_logistic:.2f}"
        " [{_inside_logistic_low:.2f}, {_inside_logistic_high:.2f}] (logistic) and {_inside_forest:.2f}"
        " [{_inside_forest_low:.2f}, {_inside_forest_high:.2f}] (forest) on rows they have not seen, and"
        " {_inside_age:.2f} with the age alone.",
        _left(part),
    )
    if case.disputed.any():
        _add_disputed(part, case, judged, gaps)


def _area(part: CasePage, scores: FoldScores, counts: NDArray[np.bool_], *what: str) -> tuple[AucInterval, int]:
    rng = np.random.default_rng(item_seed(part.page.run.seed, "pairs", *what))
    return auc_of_pairs(np.where(counts, scores.wins, 0), np.where(counts, scores.times, 0), rng)


def _ends(line: dict[str, Any], key: str) -> str:
    return f"{line[f'{key}_low']:.2f} to {line[f'{key}_high']:.2f}"


def _add_disputed(part: CasePage, case: MetaboliteCase, judged: Mapping[str, FoldScores], gaps: Floats) -> None:
    """Say what the rows with two labels change, and to which label their metabolites point."""
    kept = ~case.disputed[case.y == 1][:, None] & ~case.disputed[case.y == 0]
    for key in ("logistic", "forest"):
        found, n_pairs = _area(part, judged[key], (gaps <= 0) & kept, key, "undisputed")
        ends = {"": found.auc, "_low": found.low, "_high": found.high}
        part.add(**{f"undisputed_{key}{end}": value for end, value in ends.items()})
    rows = case.disputed
    part.add(
        n_undisputed_pairs=n_pairs,
        n_disputed_positive=int(np.sum(judged["forest"].probability[rows] >= 0.5)),
        disputed_low=judged["forest"].probability[rows].min(),
        disputed_high=judged["forest"].probability[rows].max(),
    )
    part.text(
        "Without the {_n_disputed} disputed rows {_n_undisputed_pairs} pairs of equal age are left, all of persons aged"
        " {_shared_low} to {_gap_before}, and the areas are {_undisputed_logistic:.2f} [{_undisputed_logistic_low:.2f},"
        " {_undisputed_logistic_high:.2f}] and {_undisputed_forest:.2f} [{_undisputed_forest_low:.2f},"
        " {_undisputed_forest_high:.2f}].",
        "The metabolites of the disputed rows themselves point to {_positive} in {_n_disputed_positive} of"
        " {_n_disputed} (probabilities {_disputed_low:.2f} to {_disputed_high:.2f} by forests that had not seen them).",
    )


def _left(part: CasePage) -> str:
    lows = [part[f"like_{name}_low"] for name in ("logistic", "forest")]
    if min(lows) > 0.5:
        return (
            "So something is left among persons of the same age; how much, so few rows leave open, and whether it is"
            " the cancer or another difference between the two groups (where and when their samples were taken, say)"
            " the table does not tell."
        )
    if max(lows) > 0.5:
        return "Of the two only one interval lies above one half: whether anything is left these rows do not settle."
    return "Both intervals hold one half: that the metabolites tell anything beyond age, this table cannot show."


def _add_inside(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    """Learn and judge within the rows of shared ages only."""
    inside = np.flatnonzero(shared_ages(ages, case.y))
    rows = _rows(case, inside)
    folds = rows.repeated_folds(part.page.run.seed, part["pair_repeats"])
    for key, model, X in (
        ("logistic", lambda seed: scaled(ridge()), rows.values),
        ("forest", forest, rows.values),
        ("age", forest, ages[inside][:, None]),
    ):
        scores = on_folds(model, X, rows.y, folds)
        found, _ = _area(part, scores, scores.times > 0, key, "inside")
        part.add(**{f"inside_{key}": found.auc, f"inside_{key}_low": found.low, f"inside_{key}_high": found.high})


def _rows(case: MetaboliteCase, rows: NDArray[np.intp]) -> MetaboliteCase:
    return MetaboliteCase(case.key, None, case.X.iloc[rows], case.labels[rows], case.groups[rows])


def _add_metabolites(part: CasePage, case: MetaboliteCase, ages: Floats) -> None:
    """Judge each metabolite by itself, over all rows and among rows of shared ages."""
    inside = shared_ages(ages, case.y)
    everywhere, within = (_p_values(case.values[rows], case.y[rows]) for rows in (np.ones(len(inside), bool), inside))
    part.add(
        false_share=FALSE_SHARE,
        n_different=_n_discoveries(everywhere),
        n_different_inside=_n_discoveries(within),
        n_below_inside=int(np.sum(within < FALSE_SHARE)),
        n_below_expected=FALSE_SHARE * len(within),
    )
    lines = []
    for column in np.argsort(within, kind="stable")[:5]:
        values = case.values[:, column]
        inner, whole = auc_interval(case.y[inside], values[inside]), auc_interval(case.y, values)
        lines.append(
            {
                "metabolite": case.names[column],
                "higher": case.positive if inner.auc > 0.5 else case.negative,
                "inside": inner.auc,
                "interval": f"{inner.low:.2f} to {inner.high:.2f}",
                "whole": whole.auc,
                "p": within[column],
            }
        )
    part.text(
        "Metabolite by metabolite (Mann and Whitney's test): over all rows {_n_different} of {_n_columns} differ"
        " between the classes, with at most {_false_share:.0%} of false ones among them (Benjamini and Hochberg);"
        " among the rows of shared ages it is {_n_different_inside}.",
        "Without the correction {_n_below_inside} would be called different there, and chance alone gives"
        " {_n_below_expected:.0f}.",
    )
    part.table(
        "inside",
        lines,
        [
            Column("metabolite", "metabolite"),
            Column("higher", "higher in"),
            Column("inside", "AUC, shared ages", ".2f"),
            Column("interval", "95 % interval"),
            Column("whole", "AUC, all rows", ".2f"),
            Column("p", "p, shared ages", ".1e"),
        ],
        "The metabolites that differ most among rows of shared ages, each judged by itself; an AUC below one half means"
        " lower in {_positive}. They are the best of {_n_columns}, so their intervals flatter them.",
    )


def _p_values(values: Floats, y: NDArray[np.intp]) -> Floats:
    varies = np.ptp(values, axis=0) > 0
    p = np.ones(values.shape[1])
    p[varies] = mannwhitneyu(values[y == 1][:, varies], values[y == 0][:, varies], axis=0).pvalue
    return p


def _n_discoveries(p: Floats) -> int:
    """Return how many are called different when so large a share of them may be false."""
    bound = FALSE_SHARE * np.arange(1, len(p) + 1) / len(p)
    below = np.flatnonzero(np.sort(p) <= bound)
    return int(below[-1]) + 1 if len(below) else 0
