"""What an audit found, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from matterlearn.validation.leaks.words import count, listed, percent

if TYPE_CHECKING:
    from matterlearn.validation.audits.result import Audit, SymmetryCheck

_FIRST = "(1, 1, 1) angstrom"
"""End of what is said of the shift that is told apart from the others."""

_DONE: Mapping[str, str] = MappingProxyType(
    {
        "translation": "Moving a {noun}",
        "rotation": "Turning a {noun}",
        "reflection": "Taking the mirror image of a {noun}",
        "permutation of like atoms": "Exchanging like atoms",
        "permutation": "Listing the atoms in another order",
        "wrapping": "Moving atoms by whole lattice vectors",
        "cell choice": "Choosing another cell of the same size",
        "supercell": "Describing a crystal by more or fewer of its cells",
    }
)

_WHAT: Mapping[str, str] = MappingProxyType(
    {
        "prediction": "the prediction",
        "probability": "the probability of a class",
        "features": "an output",
        "vectors": "the vectors, seen from the {noun},",
    }
)


def summary(audit: Audit) -> str:
    """Return one sentence on all symmetries."""
    parts = []
    for verdict, words in (("broken", "broken"), ("holds", "held"), ("not tested", "not tested")):
        names = [check.symmetry for check in audit.checks if check.verdict == verdict]
        if names:
            parts.append(f"{words}: {listed(names)}")
    return f"{count(audit.n_rows, audit.noun)}; {'; '.join(parts)}."


def check_text(audit: Audit, check: SymmetryCheck) -> str:
    """Return what happened to the predictions under the changes of one symmetry."""
    doing = _lower(_DONE[check.symmetry].format(noun=audit.noun))
    name = check.symmetry[0].upper() + check.symmetry[1:]
    if check.verdict == "not tested":
        return f"{name} was not tested: {check.reason}."
    if check.verdict == "holds":
        doubt = f" {check.reason[0].upper()}{check.reason[1:]}." if check.reason else ""
        return f"{name} holds: {doing} {_held(audit, check)} ({_tried(audit, check)}).{doubt}"
    texts = [f"{name} is broken:"]
    if check.n_failed:
        every = check.n_failed == check.n_rows
        whom = f"every {audit.noun}" if every else f"{check.n_failed} of {count(check.n_rows, audit.noun)}"
        texts.append(f"{doing} makes the model fail for {whom} ({check.reason}).")
        if every:
            return " ".join(texts)
        texts.append("Where it does not fail,")
    texts += [_class_change(check, doing)] if audit.kind == "class" else _change(audit, check, doing)
    return " ".join([*texts, *_errors(audit, check)])


def _held(audit: Audit, check: SymmetryCheck) -> str:
    if audit.kind == "class":
        return "changes no class"
    change = f"by {_amount(audit, check.largest)} at most" if check.largest else "not at all"
    if audit.kind in ("prediction", "vectors") and check.largest and math.isfinite(check.largest_of_spread):
        of_what = "the spread of the predictions" if audit.kind == "prediction" else "their usual length"
        change += f", {_times(check.largest_of_spread, of_what)}"
    what = "the outputs" if audit.kind == "features" else _what(audit)
    return f"changes {what} {change}"


def _class_change(check: SymmetryCheck, doing: str) -> str:
    return f"{doing} changes the class in {percent(check.share_of_classes)} of the cases."


def _change(audit: Audit, check: SymmetryCheck, doing: str) -> list[str]:
    """Say by how much what is no class changes: in the median, or, where few rows change, at most."""
    rounding = audit.tolerance if audit.kind == "features" else audit.limit
    median, of_spread, of_error = check.median, check.median_of_spread, check.median_of_error
    if check.first_change.endswith(_FIRST) and check.first_median > rounding:
        doing = f"{doing} by (1, 1, 1) angstrom"
        median, of_spread, of_error = (
            check.first_median,
            check.first_median_of_spread,
            check.first_median_of_error,
        )
    at_most = f"{_amount(audit, check.largest, check.output)} ({audit.noun} {check.largest_change})"
    if median <= rounding:
        texts = [f"{doing} changes {_what(audit)} of {percent(check.share_beyond)} of the {audit.noun}s, by {at_most}"]
        texts[0] += " at most."
    else:
        compared = []
        if audit.kind == "vectors" and math.isfinite(of_spread):
            compared.append(_times(of_spread, "their usual length"))
        if audit.kind == "prediction" and math.isfinite(of_spread):
            compared.append(_times(of_spread, "the spread of the predictions"))
        if audit.kind == "prediction" and math.isfinite(of_error):
            compared.append(_times(of_error, "the model's error"))
        said = f"{doing} changes {_what(audit)} by {_amount(audit, median)} in the median"
        said += f", {' and '.join(compared)}" if compared else ""
        texts = [f"{said}; the largest change is {at_most}."]
        if check.share_beyond < 1:
            texts.append(f"{percent(check.share_beyond)} of the {audit.noun}s are concerned.")
    if math.isfinite(check.share_of_classes):
        texts.append(f"In {percent(check.share_of_classes)} of the cases another class becomes the most probable one.")
    return texts


def _what(audit: Audit) -> str:
    return _WHAT[audit.kind].format(noun=audit.noun)


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def short(value: float) -> str:
    """Return a number with two significant digits.

    Examples
    --------
    >>> short(4.234), short(0.0213), short(254.4), short(3.2e-14)
    ('4.2', '0.021', '254', '3.2e-14')
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else "without limit"
    return f"{value:,.0f}" if 100 <= abs(value) < 1e6 else f"{value:.2g}"


def _times(ratio: float, what: str) -> str:
    return f"{short(ratio)} {'of' if ratio < 1 else 'times'} {what}"


def _amount(audit: Audit, value: float, output: str = "") -> str:
    if audit.kind == "features":
        return f"{short(value)} times {f'the spread of {output!r}' if output else 'its spread'}"
    return f"{short(value)} {audit.unit}".rstrip()


def _tried(audit: Audit, check: SymmetryCheck) -> str:
    changes = count(check.n_changes, "change")
    return f"{changes} of {count(check.n_rows, audit.noun)}"


def _errors(audit: Audit, check: SymmetryCheck) -> list[str]:
    if not (math.isfinite(audit.error) and math.isfinite(check.error_after)):
        return []
    if audit.kind in ("class", "probability"):
        before, after = percent(audit.error), percent(check.error_after)
        return [f"The class is wrong for {before} of the {audit.noun}s as they are and {after} of the changed ones."]
    before, after = _amount(audit, audit.error), _amount(audit, check.error_after)
    return [f"The model's error is {before} on the {audit.noun}s as they are and {after} on the changed ones."]
