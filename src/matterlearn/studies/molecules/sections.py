"""Sections on the data, on what mends the model, on cost, on more data, and the sentences at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from matterlearn.chemistry.symmetries import PERMUTATION, REFLECTION, ROTATION, TRANSLATION
from matterlearn.report.figures.molecule_drawing import draw_molecules
from matterlearn.studies.figures.conformers.audit_matrix import audit_matrix
from matterlearn.studies.figures.conformers.learning import learning
from matterlearn.studies.figures.conformers.repair_costs import repair_costs
from matterlearn.studies.molecules.data import MOLECULE, ConformerData, in_mev_per_atom
from matterlearn.studies.molecules.fitting import N_AUDITED, N_CHANGES, Fitted
from matterlearn.studies.molecules.learners import FEATURES, NETWORK
from matterlearn.studies.page import Column, StudyPage
from matterlearn.validation.audits.changes import LIKE_ATOMS
from matterlearn.validation.learning_curves import fit_power_law

SHOWN = (TRANSLATION, ROTATION, REFLECTION, LIKE_ATOMS, PERMUTATION)
"""Symmetries in the order of the figure."""


def add_data(page: StudyPage, data: ConformerData) -> None:
    """Write the section on the conformers.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    data : ConformerData
        The conformers.
    """
    page.section("Conformers of one molecule")
    counts = data.made.counts.iloc[0]
    isomers, n_each = np.unique(data.isomers.astype(str), return_counts=True)
    page.add(
        molecule=MOLECULE,
        formula=data.conformers.graphs[0].formula,
        n_atoms=len(data.conformers.graphs[0]),
        n_requested=int(counts["tried"]),
        n_kept=len(data.conformers),
        n_train=data.n_train,
        n_test=len(data.y_test),
        n_isomers=len(isomers),
        fewest_of_an_isomer=int(n_each.min()),
        most_of_an_isomer=int(n_each.max()),
        energy_low=float(data.energies.min()),
        energy_median=float(np.median(data.energies)),
        energy_high=float(data.energies.max()),
        energy_sd=float(data.energies.std()),
    )
    page.text(
        "{molecule}, {formula}: RDKit embeds {n_requested:,} conformers (ETKDG: experimental torsions, basic knowledge,"
        " chirality), and those are left out that lie within 0.2 Å of one made before; {n_kept:,} are kept. The energy"
        " of each is that of the force field MMFF94 at these positions, without minimisation: {energy_low:.1f} to"
        " {energy_high:.1f} kcal/mol, median {energy_median:.1f}, standard deviation {energy_sd:.1f}.",
        "{n_train:,} random ones are learned from, the other {n_test:,} are the test.",
    )
    page.text(
        "The SMILES leaves two stereocentres open, as in the workshop, so that {n_isomers} stereoisomers are mixed"
        " ({fewest_of_an_isomer} to {most_of_an_isomer} conformers each). Two pairs of them are mirror images, which"
        " have equal energies: a model that does not know so has to learn it."
    )
    order = np.argsort(data.energies)
    shown = [*order[:4], *order[len(order) // 2 : len(order) // 2 + 4], *order[-4:]]
    page.figure(
        "conformers",
        draw_molecules([data.conformers[int(k)] for k in shown], [f"{data.energies[k]:.1f} kcal/mol" for k in shown]),
        "The four conformers of lowest energy, four around the median, and the four of highest energy."
        " Grey: carbon; small and white: hydrogen; red: oxygen. Nearer atoms are darker.",
    )


def add_repairs(page: StudyPage, data: ConformerData, fitted: Mapping[str, Fitted]) -> None:
    """Write the section on what mends the model.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    data : ConformerData
        The conformers.
    fitted : mapping of str to Fitted
        By key.
    """
    page.section("Three ways to mend it")
    n_atoms = len(data.conformers.graphs[0])
    page.text(
        "Augmentation: the same model learns copies of every conformer that are moved, turned and mirrored at random,"
        " and then also copies whose like atoms have changed places. Invariant features: what is learned from does not"
        " change when the molecule is moved, so neither can the prediction. An invariant network: it sees positions"
        " through distances alone."
    )
    rows = [
        {
            "model": one.learner.name,
            "repair": one.learner.repair,
            "mae": one.test_mae,
            "mev": in_mev_per_atom(one.test_mae, n_atoms),
            "broken": _said(one.audit.broken),
            "fit_s": one.fit_s,
            "predict_ms": one.predict_ms,
        }
        for one in fitted.values()
    ]
    generic = [one for one in fitted.values() if one.audit.holds and not one.learner.own_terms]
    best = min(generic, key=lambda one: one.test_mae)
    page.add(
        **{f"{key}_mae": one.test_mae for key, one in fitted.items()},
        **{f"{key}_broken": list(one.audit.broken) for key, one in fitted.items()},
        best_generic=best.learner.name,
        best_generic_mae=best.test_mae,
    )
    page.table(
        "repairs",
        rows,
        [
            Column("model", "learns from"),
            Column("repair", "mended by"),
            Column("mae", "test MAE (kcal/mol)", ".3f"),
            Column("mev", "(meV/atom)", ".3f"),
            Column("broken", "symmetries broken"),
            Column("fit_s", "fit (s)", ".1f"),
            Column("predict_ms", "predict (ms each)", ".3f"),
        ],
        f"{{n_train:,}} training and {{n_test:,}} test conformers; each fit timed once, on one thread. An audit of"
        f" {N_AUDITED} test conformers, each changed up to {N_CHANGES} times for each symmetry, says what is broken."
        " Augmentation has all its copies in the time. Terms of a force field: bonds, angles, dihedrals and inverse"
        " powers of distances, by type; since the energies come from such terms, that line tests the plumbing. The"
        " others are generic.",
    )
    page.figure(
        "repair-costs",
        repair_costs(
            {
                one.learner.name: (one.fit_s, one.test_mae, one.learner.repair, one.audit.holds)
                for one in fitted.values()
            }
        ),
        "Error on test conformers against the time of the fit. Filled: all symmetries hold; hollow: at least one is"
        " broken.",
    )
    page.figure(
        "audits",
        audit_matrix(
            {one.learner.name: {check.symmetry: check for check in one.audit.checks} for one in fitted.values()},
            SHOWN,
        ),
        "The median change of the prediction over all changes of each symmetry, in units of the standard deviation of"
        " the predictions. A model whose features keep the order of atoms can hold no permutation of atoms; one that"
        " sees the sine of a dihedral tells a molecule from its mirror image.",
    )
    page.text(_on_augmentation(fitted))


def _said(broken: Sequence[str]) -> str:
    """Return broken symmetries in words; who exchanges any atoms exchanges like ones, too."""
    return ", ".join(name for name in broken if name != LIKE_ATOMS or PERMUTATION not in broken) or "none"


def _on_augmentation(fitted: Mapping[str, Fitted]) -> str:
    before, after = fitted["workshop"], fitted["augmented"]
    said = []
    for symmetry in (TRANSLATION, ROTATION):
        kept, left = (one.audit.check(symmetry).median_of_spread for one in (before, after))
        said.append(f"{symmetry} from {kept:.2f} to {left:.2f}")
    error = "error grows" if after.test_mae > before.test_mae else "error falls"
    broken = [name for name in (TRANSLATION, ROTATION, REFLECTION) if name in after.audit.broken]
    end = f"No number of copies made {' or '.join(broken)} hold." if broken else "All three hold to rounding here."
    return (
        "Augmentation with moved and turned copies changes the median change of the predictions, in units of their"
        f" spread, under {' and under '.join(said)}; the {error} from {{workshop_mae:.2f}} to {{augmented_mae:.2f}}"
        f" kcal/mol, with {after.fit_s / before.fit_s:.1f} times the time of the fit. {end}"
    )


def add_curves(page: StudyPage, fitted: Mapping[str, Fitted]) -> None:
    """Write the section on more data.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    fitted : mapping of str to Fitted
        By key.
    """
    page.section("More data, or better features?")
    rows = []
    for one in fitted.values():
        sizes, errors = list(one.curve), list(one.curve.values())
        law = fit_power_law(sizes, errors)
        low, high = law.interval
        said = f"{-law.exponent:.2f}" + (f" ({-high:.2f} to {-low:.2f})" if np.isfinite([low, high]).all() else "")
        of_sizes = {f"n{size}": error for size, error in one.curve.items()}
        rows.append({"model": one.learner.name, **of_sizes, "slope": said})
    sizes = list(fitted["workshop"].curve)
    page.add(test_noise=2 / np.sqrt(page.numbers["n_test"]))
    page.table(
        "curves",
        rows,
        [
            Column("model", "learns from"),
            *(Column(f"n{size}", f"{size:,} conformers", ".3f") for size in sizes),
            Column("slope", "slope"),
        ],
        "Mean absolute error on the same test conformers, kcal/mol; each smaller training set is part of the larger"
        " one, and all are drawn once. Slope: of a power law through the points with its 95 % interval, where there are"
        " enough of them; -0.5 halves the error with four times the data. On {n_test:,} test conformers, errors that"
        " differ by less than about {test_noise:.0%} cannot be told apart.",
    )
    page.figure(
        "learning",
        learning({one.learner.name: (one.curve, one.learner.repair) for one in fitted.values()}, unit="kcal/mol"),
        "Error against the number of training conformers, both axes logarithmic.",
    )
    page.text(_on_data(fitted))


def _on_data(fitted: Mapping[str, Fitted]) -> str:
    raw = fitted["workshop"]
    n_all = max(raw.curve)
    generic = [one for one in fitted.values() if one.learner.repair in (FEATURES, NETWORK) and one.audit.holds]
    better = [one for one in generic if min(one.curve.values()) < raw.test_mae]
    first = {one.learner.name: min(n for n, e in one.curve.items() if e < raw.test_mae) for one in better}
    few = [name for name, n in first.items() if n == min(raw.curve)]
    return (
        f"Of the {len(generic)} invariant models, {len(few)} are better with {min(raw.curve)} conformers than the"
        f" workshop's model is with {n_all:,}." + (f" These are: {'; '.join(few)}." if few else "")
    )


def add_headline(page: StudyPage, fitted: Mapping[str, Fitted]) -> None:
    """Write the sentences at the top.

    Parameters
    ----------
    page : StudyPage
        Gets its headline.
    fitted : mapping of str to Fitted
        By key.
    """
    page.headline(
        "On raw coordinates boosted trees err by {workshop_mae:.2f} kcal/mol on conformers they have not seen, and by"
        " {moved_mae:.1f} on those they have learned from, once these are moved by 1 Å."
    )
    page.headline(
        "Of the generic invariant models the best is {best_generic}: {best_generic_mae:.2f} kcal/mol. With the terms of"
        " a force field itself a linear model reaches {terms_mae:.3f}, which tests the plumbing."
    )
    whole = [one.learner.name for one in fitted.values() if one.audit.holds]
    rotation = fitted["augmented"].audit.check(ROTATION).median_of_spread
    page.add(n_whole=len(whole), n_models=len(fitted), augmented_rotation=rotation)
    page.headline(
        "{n_whole} of {n_models} models keep all four symmetries to rounding. After augmentation, turning a molecule"
        " still changes the prediction by {augmented_rotation:.2f} of the spread of the predictions."
    )
