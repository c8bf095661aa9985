"""What the study of alloys says first."""

from __future__ import annotations

from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.alloy_search import CONFIRMED, REFUTED
from matterlearn.studies.parts.band_types import LABELS, PREFIXES
from matterlearn.studies.run import StudyRun


def add_headline(page: StudyPage, run: StudyRun) -> None:
    """Write the headline of a page whose sections are complete.

    Parameters
    ----------
    page : StudyPage
        Gets its headline.
    run : StudyRun
        A quick study and a demonstration say so.
    """
    numbers = page.numbers
    page.headline(
        "On random test rows the network as stated reaches R² = {stated_test_r2:.2f} with its target in {unit} and"
        " {other_unit_test_r2:.2f} in {other_unit}; scaled and trained to the end it reaches {long_test_r2:.2f}."
    )
    page.headline(
        "A search of {search_n_trials} evaluations takes the network with scaled target from R² ="
        " {search_base_test_r2:.2f} to {search_best_test_r2:.2f} on the test rows (difference"
        " {search_test_gain:.2f}, 95 % interval {search_test_gain_low:.2f} to {search_test_gain_high:.2f}): "
        + {
            CONFIRMED: "an improvement",
            REFUTED: "a loss",
        }.get(numbers["search_verdict"], "not certain to be an improvement")
        + ". Trained by hand in PyTorch the network that was found has {torch_test_r2:.2f}."
    )
    page.headline(
        "On elements left out of training R² is {left_out_fractions_r2:.2f} with fractions (network) and"
        " {left_out_kernel_descriptors_r2:.2f} with descriptors (kernel ridge, worst element {left_out_worst}: mean"
        " absolute error {left_out_worst_mae:.3g} {unit})."
    )
    for name, prefix in PREFIXES.items():
        known = [kind for kind in ("plain", "weighted") if f"{prefix}{kind}_balanced" in numbers]
        if known:
            said = {"plain": "without class weights", "weighted": "with class weights"}
            page.headline(
                f"Type of the gap, {LABELS[name]} ({{{prefix}majority_share:.0%}} {{{prefix}majority}}): balanced"
                " accuracy "
                + " and ".join(f"{{{prefix}{kind}_balanced:.2f}} {said[kind]}" for kind in known)
                + f", against {{{prefix}majority_balanced:.2f}} of who always says {{{prefix}majority}}."
            )
    if run.quick:
        page.headline(
            "Quick study: {search_n_trials} evaluations of {search_epochs} passes in the search, {torch_epochs} epochs"
            " in PyTorch"
            + (
                ", and {n_left_out} of {n_elements} elements left out, drawn at random."
                if numbers["n_left_out"] < numbers["n_elements"]
                else "."
            )
        )
    if run.demo:
        page.headline(
            "Demonstration on binary alloys computed with an interatomic potential, not on perovskites and not DFT; no"
            " site of these crystals is mixed."
        )
