"""What the study has measured, in a few sentences."""

from __future__ import annotations

from matterlearn.studies.page import StudyPage


def add_headline(page: StudyPage) -> None:
    """Write the headline.

    Parameters
    ----------
    page : StudyPage
        Complete; gets its headline.
    """
    page.headline(
        "A model learned from {risk_smallest} rows of {risk_p} inputs errs {risk_first_ratio:.1f} times as much on new"
        " rows as on its own; the lowest of {choosing_n_combinations} validation errors understates by"
        " {choosing_understated:.0%}; columns chosen outside the folds find an R² of up to {selection_most_outside:.2f}"
        " in pure noise."
    )
    page.headline(
        "With scaled inputs, a learning rate of {descent_rate:g} moves the weights of a linear regression"
        " {descent_scaled_moved:.1%} of their way in {descent_epochs:,} epochs; with the rate that the curvature"
        " tells, "
        + (
            "{descent_reached} epochs give the closed form to {descent_equal:.0e}."
            if page.numbers["descent_reached"] is not None
            else "the closed form is missed by {descent_off:.1e}."
        )
    )
    page.headline(
        "A copy of a column takes its importance down to {importance_linear_ratio:.0%}. In {dimensions_last:,}"
        " dimensions distances vary by {dimensions_last_cv:.2%}; a distance matrix with its diagonal says"
        " {dimensions_last_zeros:.1%}."
    )
    if page.run.quick:
        page.headline("Quick study: fewer draws; the full study has more.")
