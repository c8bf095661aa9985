"""What the page's script needs to answer to the pointer: every prediction once, and where each panel puts it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from matterlearn.report.figures.points import PointedFigure, Quantity, RowPoints, TextPoints
from matterlearn.report.words import split_words
from matterlearn.validation.evidence import Evidence
from matterlearn.validation.protocol import MODEL

MOST_POINTS = 110_000
"""Predictions on the page, shared by its targets. At 25 bytes each that is under three megabytes."""

WORST_SHARE = 0.1
"""Share of the places that belong to the largest errors, where not all predictions have one."""

LONGEST_LABEL = 90
"""Characters of a label."""

_CODES: Mapping[Quantity, str] = {
    "y": "y",
    "prediction": "p",
    "error": "e",
    "absolute error": "a",
    "distance": "d",
}


def points_table(evidence: Evidence) -> dict[str, Any]:
    """Return all predictions of the model and the labels of their rows, as plain values.

    Numbers are little-endian arrays in base64: per row its number and, per target, y; per prediction the position of
    its row, the prediction, its interval and its distance to the training rows. Of a target of classes, y is 1 and a
    prediction is the probability of the class the row has.

    Parameters
    ----------
    evidence : Evidence
        Of one fit, with all its targets.

    Returns
    -------
    dict
        `label`, `row`; `targets`: for each target `name`, `unit`, `level`, `y`, `splits` (words, first and last
        position), `at`, `p`, `low`, `high`, `d`, `inside`, `left_out` (predictions that have no place); of classes also
        `classes` and, per prediction, the positions `has` (the class of the row) and `says` (the one decided for),
        `sure` (its probability) and `refused`.
    """
    predictions = evidence.predictions
    predictions = predictions[predictions["model"] == MODEL]
    numbers = np.unique(predictions["row_id"].to_numpy())
    labels = dict(zip(evidence.rows["row_id"].tolist(), evidence.rows["label"].tolist(), strict=True))
    quota = MOST_POINTS // max(1, len(evidence.targets))
    if evidence.is_class:
        predictions = _one_line_each(predictions)
    return {
        "row": _packed(numbers, "<u4"),
        "label": [str(labels.get(int(row), ""))[:LONGEST_LABEL] for row in numbers],
        "targets": [
            _target(evidence.of(target), predictions[predictions["target"] == target], numbers, quota)
            for target in evidence.targets
        ],
    }


def panels(figure: PointedFigure, splits: Sequence[str]) -> list[dict[str, Any]]:
    """Return where a drawn figure puts its points, in parts of its width and height from the upper left corner.

    Parameters
    ----------
    figure : PointedFigure
        Already drawn, so that its layout is settled.
    splits : sequence of str
        Names of the splits of the figure's target, in the order of `points_table`.

    Returns
    -------
    list of dict
        For rows: `split` (its number), `box` (left, top, right, bottom), `x`, `y` (what the axes show), `xlim`, `ylim`.
        For texts: `places` (uint16 pairs, 65535 is the far end), `texts`.
    """
    found: list[dict[str, Any]] = []
    for points in figure.points:
        box = points.axis.get_position()
        if isinstance(points, RowPoints):
            found.append(
                {
                    "split": splits.index(points.split),
                    "box": [round(value, 5) for value in (box.x0, 1 - box.y1, box.x1, 1 - box.y0)],
                    "x": _CODES[points.x],
                    "y": _CODES[points.y],
                    "xlim": list(map(float, points.axis.get_xlim())),
                    "ylim": list(map(float, points.axis.get_ylim())),
                }
            )
        elif len(points.texts):
            found.append({"places": _packed(_parts(figure, points).ravel(), "<u2"), "texts": list(points.texts)})
    return found


def split_order(evidence: Evidence) -> list[str]:
    """Return the names of the splits of one target in the order in which the page numbers them."""
    predictions = evidence.predictions
    return [str(name) for name in predictions.loc[predictions["model"] == MODEL, "split"].unique()]


def as_script(data: Any) -> str:
    r"""Return plain values as JSON that stays text inside a script element.

    Examples
    --------
    >>> print(as_script(["</script><!--"]))
    ["\u003c/script\u003e\u003c!--"]
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _target(evidence: Evidence, predictions: pd.DataFrame, numbers: Any, quota: int) -> dict[str, Any]:
    kept = _kept(predictions, quota)
    order = split_order(evidence)
    parts = [kept[kept["split"] == split] for split in order]
    ends = np.cumsum([0, *map(len, parts)]).tolist()
    table = pd.concat(parts)
    at = np.searchsorted(numbers, table["row_id"].to_numpy())
    y = np.full(len(numbers), np.nan)
    y[at] = table["y"].to_numpy()
    return {
        "name": evidence.data["target"],
        "unit": evidence.data["unit"],
        "level": evidence.plan["level"],
        "y": _packed(y, "<f4"),
        "splits": [[split_words(split), ends[k], ends[k + 1]] for k, split in enumerate(order)],
        "at": _packed(at, "<u4" if len(numbers) > 65_535 else "<u2"),
        "wide": len(numbers) > 65_535,
        "p": _packed(table["prediction"], "<f4"),
        "low": _packed(table["lower"], "<f4"),
        "high": _packed(table["upper"], "<f4"),
        "d": _packed(table["domain"], "<f4"),
        "inside": _packed(np.packbits(table["in_domain"].to_numpy(dtype=bool), bitorder="little"), "u1"),
        "left_out": len(predictions) - len(kept),
        **(_of_classes(evidence, table) if evidence.is_class else {}),
    }


def _one_line_each(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the classes that rows have, with the class decided for as `says` and its probability."""
    key = ["target", "split", "repeat", "fold", "row_id"]
    decided = predictions.loc[predictions["decided"], [*key, "class", "prediction"]]
    decided = decided.rename(columns={"class": "says", "prediction": "sure"})
    return predictions[predictions["y"] == 1.0].merge(decided, on=key, how="left", validate="one_to_one")


def _of_classes(evidence: Evidence, table: pd.DataFrame) -> dict[str, Any]:
    classes = [str(label) for label in evidence.data["classes"]]
    position = {label: k for k, label in enumerate(classes)}
    return {
        "classes": [label[:LONGEST_LABEL] for label in classes],
        "has": _packed(table["class"].map(position), "<u2"),
        "says": _packed(table["says"].map(position), "<u2"),
        "sure": _packed(table["sure"], "<f4"),
        "refused": _packed(np.packbits(table["rejected"].to_numpy(dtype=bool), bitorder="little"), "u1"),
    }


def _kept(predictions: pd.DataFrame, quota: int) -> pd.DataFrame:
    """Return predictions that fit: all of them, or the largest errors and, of the others, every k-th."""
    if len(predictions) <= quota:
        return predictions
    error = (predictions["prediction"] - predictions["y"]).abs().to_numpy()
    n_worst = int(WORST_SHARE * quota)
    order = np.argsort(-error, kind="stable")
    others = np.sort(order[n_worst:])
    chosen = others[np.linspace(0, len(others) - 1, quota - n_worst).astype(int)]
    return predictions.iloc[np.sort(np.concatenate([order[:n_worst], chosen]))]


def _parts(figure: PointedFigure, points: TextPoints) -> Any:
    """Return places in parts of the figure, as whole numbers up to 65535, shape (n_points, 2)."""
    left, right = sorted(points.axis.get_xlim())
    bottom, top = sorted(points.axis.get_ylim())
    x, y = np.clip(points.x, left, right), np.clip(points.y, bottom, top)
    pixels = points.axis.transData.transform(np.column_stack([x, y]))
    width, height = figure.bbox.size
    parts = np.column_stack([pixels[:, 0] / width, 1 - pixels[:, 1] / height])
    return np.clip(np.nan_to_num(parts) * 65_535, 0, 65_535).round()


def _packed(values: ArrayLike, kind: str) -> str:
    with np.errstate(over="ignore"):  # beyond 3e38 a single-precision number is infinite, and is said to be
        return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()
