"""Whether leaving elements out asks a question that these rows can answer, and the sentence that says why not."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from matterlearn.validation.splits.element_rows import checked_sets, element_counts, free_elements, rows_with

FEWEST_GROUPS = 3
"""Elements, or sets of elements that always occur together: one is tested, and two are left to calibrate on."""

LEAST_SHARE = 0.5
"""Share of the rows that must be tested: with less, the score would speak of a few odd rows."""

N_NAMED = 8
"""Most elements that a sentence names."""


def why_no_element_split(element_sets: Sequence[Collection[str]]) -> str:
    """Say why elements cannot be left out of these rows, as a rule that needs no look at the scores.

    An element is free if at least half of the rows do without it. Leaving elements out asks how well a model does in
    chemistry it has not seen, and the score answers for the table only if two things hold. There are at least three
    free elements (those that always occur together count once): when one is left out, at least two remain on which
    models are compared and intervals calibrated by leaving elements out again. And at least half of the rows hold a
    free element: the others are never tested.

    A table of steels fails on both: its rows share most elements, and only every fifth holds one that some rows lack.

    Parameters
    ----------
    element_sets : sequence of collections of str, shape (n_samples,)
        The elements of each row.

    Returns
    -------
    str
        Empty if an element split is possible, else one sentence without full stop.

    Examples
    --------
    >>> why_no_element_split([{"Ca", "O"}, {"Sr", "O"}, {"Ba", "O"}, {"Zn", "O"}])
    ''
    >>> steels = [{"Fe", "C"}] * 18 + [{"Fe", "C", "N"}, {"Fe", "C", "W"}]
    >>> print(why_no_element_split(steels))  # doctest: +NORMALIZE_WHITESPACE
    no element split: of 4 elements, 2 occur in every row (C, Fe); only 2 can be left out and leave half of the rows to
    train on (N, W), and 18 of 20 rows hold none of them and would never be tested
    """
    sets = checked_sets(element_sets)
    free = free_elements(sets)
    covered = int(rows_with(sets, free).sum())
    if _n_different(sets, free) >= FEWEST_GROUPS and covered >= LEAST_SHARE * len(sets):
        return ""
    return no_element_split(sets)


def no_element_split(groups: Sequence[Collection[str]]) -> str:
    """Return the sentence that says why these rows have no element split.

    Parameters
    ----------
    groups : sequence of collections of str, shape (n_samples,)
        The elements of each row.

    Returns
    -------
    str
        How many elements there are, which are everywhere, which in over half of the rows, and what is left.

    Examples
    --------
    >>> print(no_element_split([{"Fe", "C"}, {"Fe", "C", "N"}, {"Fe", "C", "N"}]))  # doctest: +NORMALIZE_WHITESPACE
    no element split: of 3 elements, 2 occur in every row (C, Fe) and 1 in more than half (N); none can be left out and
    leave half of the rows to train on
    """
    sets = checked_sets(groups)
    counts, free = element_counts(sets), free_elements(sets)
    if not counts:
        return "no element split: the inputs tell no elements"
    everywhere = sorted(element for element, count in counts.items() if count == len(sets))
    often = sorted(set(counts) - set(everywhere) - set(free))
    n_elements = f"of {len(counts)} elements" if len(counts) > 1 else "of 1 element"
    occur = "occur" if len(everywhere) > 1 else "occurs"
    shares = [f"{len(everywhere) or 'none'} {occur} in every row{_named(everywhere)}"]
    if often:
        shares.append(f"{len(often)} in more than half{_named(often)}")
    left = "and leave half of the rows to train on"
    if not free:
        rest = f"none can be left out {left}"
    else:
        never = len(sets) - int(rows_with(sets, free).sum())
        rest = f"only {len(free)} can be left out {left}{_named(free)}"
        if len(free) > 1 and _n_different(sets, free) == 1:
            rest += ", which always occur together"
        if never:
            hold = "hold none of them" if len(free) > 1 else "do not hold it"
            rest += f", and {never} of {len(sets)} rows {hold} and would never be tested"
        elif len(free) > 1:
            rest += ", too few to calibrate on the others while one is tested"
    return f"no element split: {n_elements}, {' and '.join(shares)}; {rest}"


def _n_different(sets: Sequence[frozenset[str]], elements: Sequence[str]) -> int:
    """Count elements; those that always occur together count once."""
    return len({rows_with(sets, [element]).tobytes() for element in elements})


def _named(elements: Sequence[str]) -> str:
    if not elements:
        return ""
    more = f" and {len(elements) - N_NAMED} more" if len(elements) > N_NAMED else ""
    return f" ({', '.join(elements[:N_NAMED])}{more})"
