"""The report of a fit: one HTML page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FunctionLoader

from matterlearn.core.writing import write_file
from matterlearn.report.class_page import class_page
from matterlearn.report.facts import TargetFacts
from matterlearn.report.figures.style import COLUMN, page_image, save_figure
from matterlearn.report.numbers_page import numbers_page
from matterlearn.report.page_points import as_script, panels, points_table, split_order
from matterlearn.report.plate import Plate
from matterlearn.report.rows import ELEMENT, has_training_rows, records
from matterlearn.report.tables import WORST, leak_lines, reasons, scores_by_split
from matterlearn.report.words import UNNESTED, file_name, named, number, percent, split_kind, split_words
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL

SHOWN_REJECTED = 20
"""Rejected rows on the page; all are in rejected.csv."""

MOST_LEAK_ROWS = 20
"""Rows that a check of the data names at most."""

MOST_INPUTS = 8
"""Inputs that the head of the page names; more stand with the data."""


MOST_CLASSES = 12
"""Classes whose rows are counted in a line."""

MOST_OPEN = 8
"""Classes up to which the table of the classes is unfolded, and that of their confusions folded."""


def write_report(evidence: Evidence, folder: Path, *, rejected: pd.DataFrame) -> None:
    """Write `report.html` and, beside it, each figure as PNG and SVG in `figures/`.

    Parameters
    ----------
    evidence : Evidence
        Of one fit, with one target or several.
    folder : pathlib.Path
        Must exist.
    rejected : DataFrame
        Rejected rows: row, column, value, reason.
    """
    figures_folder = folder / "figures"
    figures_folder.mkdir(exist_ok=True)
    specs: list[dict[str, Any]] = []
    points = points_table(evidence)
    targets = []
    for position, name in enumerate(evidence.targets):
        prefix = f"{position + 1}-{file_name(name)}".rstrip("-") + "-" if len(evidence.targets) > 1 else ""
        targets.append(_target(evidence.of(name), position, figures_folder, prefix, specs, points))
    css, script = _part("page.css"), _part("page.js")
    several = len(targets) > 1
    page = _template().render(
        title=evidence.data["name"] if several else evidence.targets[0],
        data=evidence.data if several else targets[0]["evidence"].data,
        targets=targets,
        rejected=records(rejected.head(SHOWN_REJECTED)),
        n_more_rejected=len(rejected) - SHOWN_REJECTED,
        reasons=reasons(rejected),
        plan=_plan_lines(evidence.plan),
        versions=evidence.versions,
        timings=_timings(evidence),
        citations=_citations(evidence),
        points=as_script({**points, "plots": specs}),
        css=css,
        script=script,
        policy=_policy(css, script),
        n_worst=WORST,
        MOST_LEAK_ROWS=MOST_LEAK_ROWS,
        MOST_INPUTS=MOST_INPUTS,
        MOST_CLASSES=MOST_CLASSES,
        MOST_OPEN=MOST_OPEN,
        MODEL=MODEL,
    )
    write_file(folder / "report.html", page)


def _target(
    evidence: Evidence,
    position: int,
    folder: Path,
    prefix: str,
    specs: list[dict[str, Any]],
    points: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the page says of one target, and add where its figures have their points to `specs`."""
    page = class_page(evidence) if evidence.is_class else numbers_page(evidence)
    order = split_order(evidence)
    drawn: dict[str, list[dict[str, Any]]] = {key: [] for key in ("errors", *dict(page.parts))}
    names: set[str] = set()
    for plate in page.plates:
        png = save_figure(plate.figure, folder, prefix + _unused(plate.name, names))
        where = panels(plate.figure, order)
        index = len(specs) if where else None
        if where:
            specs.append({"target": position, "panels": where})
        drawn[plate.section].append(_on_page(plate, png, index))
    model = evidence.predictions[(evidence.predictions["model"] == MODEL) & (evidence.predictions["split"] != TRAINING)]
    surrogate = evidence.diagnostics.get("surrogate", [])
    shown = {key for key, found in drawn.items() if found} | page.always | ({"surrogate"} if surrogate else set())
    facts: TargetFacts = page.tables["facts"]
    return {
        "id": f"target-{position + 1}",
        "name": evidence.data["target"],
        "first": position == 0,
        "evidence": evidence,
        "headline": page.headline,
        "template": page.template,
        "parts": [(key, words) for key, words in page.parts if key in shown],
        "leaks": leak_lines(evidence),
        "scores": scores_by_split(facts.scores),
        "surrogate": surrogate,
        "plates": drawn,
        "has_training": has_training_rows(evidence),
        "unnested": UNNESTED in order,
        "repeated": bool(model[["split", "row_id", "class"]].duplicated().any()),
        "left_out": points["targets"][position]["left_out"],
        **page.tables,
    }


def _on_page(plate: Plate, png: bytes, index: int | None) -> dict[str, Any]:
    small = page_image(png)
    width, height = struct.unpack(">II", small[16:24])
    return {
        "alt": plate.alt,
        "caption": plate.caption,
        "width": width,
        "height": height,
        "wide": plate.figure.get_figwidth() > 1.1 * COLUMN,
        "png": base64.b64encode(small).decode(),
        "index": index,
    }


def _unused(name: str, names: set[str]) -> str:
    """Return a file name that no other figure has: splits of other scripts may end up the same."""
    found, k = name, 2
    while found in names:
        found, k = f"{name}-{k}", k + 1
    names.add(found)
    return found


def _plan_lines(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    folds = [f"{plan['n_folds']} of random rows"]
    if any(split_kind(split) == ELEMENT for split in plan["splits"]):
        folds.append(f"at most {plan['n_element_groups']} groups of elements")
    lines = [
        ("candidates", f"{', '.join(plan['candidates'])}; compared in {plan['inner_folds']} inner folds"),
        ("splits", "; ".join(map(split_words, plan["splits"]))),
        ("folds", ", ".join(folds)),
        ("reduced for time", "; ".join(plan["left_out"])),
        ("not reached in time", ", ".join(plan.get("skipped", ()))),
        ("seed", str(plan["seed"])),
    ]
    return [(name, value) for name, value in lines if value]


def _timings(evidence: Evidence) -> str:
    total, expected = evidence.timings.get("total_s"), evidence.plan.get("expected_s")
    said = [f"{total:.0f} s" if total is not None else "", f"planned {expected:.0f} s" if expected else ""]
    return ", ".join(text for text in said if text) or "unknown"


def _citations(evidence: Evidence) -> list[str]:
    named: Iterable[Any] = (evidence.data.get("citation"), *evidence.plan.get("citations", ()))
    return list(dict.fromkeys(str(text) for text in named if text))


def _policy(css: str, script: str) -> str:
    """Return the content security policy: nothing is loaded, and no script runs but ours."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; img-src data:; style-src {source(css)}; script-src {source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _score(value: float) -> str:
    return f"{value:.3f}".replace("-", "−") if value == value else ""


@cache
def _part(name: str) -> str:
    return files("matterlearn.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_part))
    environment.filters.update(number=number, split_words=split_words, percent=percent, score=_score, named=named)
    return environment.get_template("page.html")
