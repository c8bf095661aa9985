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
from jinja2 import Environment

from matterlearn.core.writing import write_file
from matterlearn.report.facts import Facts
from matterlearn.report.figures.style import COLUMN, page_image, save_figure
from matterlearn.report.gallery import Plate, plates
from matterlearn.report.headline import headline
from matterlearn.report.page_points import as_script, panels, points_table, split_order
from matterlearn.report.rows import has_training_rows, records
from matterlearn.report.tables import (
    WORST,
    domain_lines,
    element_lines,
    leak_lines,
    reasons,
    scores_by_split,
    worst_lines,
)
from matterlearn.report.words import UNNESTED, file_name, number, percent, split_words
from matterlearn.validation.evidence import Evidence
from matterlearn.validation.protocol import MODEL

SHOWN_REJECTED = 20
"""Rejected rows on the page; all are in rejected.csv."""

MOST_LEAK_ROWS = 20
"""Rows that a check of the data names at most."""

PARTS = (
    ("data", "Data"),
    ("scores", "Scores"),
    ("parity", "Parity"),
    ("elements", "Elements"),
    ("residuals", "Errors"),
    ("learning", "More data"),
    ("importance", "Importance"),
    ("dependence", "Dependence"),
    ("surrogate", "In words"),
    ("calibration", "Intervals"),
    ("domain", "Domain"),
    ("worst", "Worst rows"),
)
"""Parts of the page in their order: where figures go, and what the list of contents says."""

ALWAYS = frozenset({"data", "scores", "parity", "residuals", "domain", "worst"})
"""Parts that every fit has."""


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
    facts = Facts(evidence)
    order = split_order(evidence)
    drawn: dict[str, list[dict[str, Any]]] = {key: [] for key in ("errors", *dict(PARTS))}
    names: set[str] = set()
    for plate in plates(facts):
        png = save_figure(plate.figure, folder, prefix + _unused(plate.name, names))
        where = panels(plate.figure, order)
        index = len(specs) if where else None
        if where:
            specs.append({"target": position, "panels": where})
        drawn[plate.section].append(_on_page(plate, png, index))
    model = evidence.predictions[evidence.predictions["model"] == MODEL]
    model = model[model["split"].isin(facts.splits)]
    surrogate = evidence.diagnostics.get("surrogate", [])
    shown = {key for key, found in drawn.items() if found} | ALWAYS | ({"surrogate"} if surrogate else set())
    repeated = model[["split", "row_id"]].duplicated()
    return {
        "id": f"target-{position + 1}",
        "name": evidence.data["target"],
        "evidence": evidence,
        "headline": headline(evidence, facts),
        "parts": [(key, words) for key, words in PARTS if key in shown],
        "leaks": leak_lines(evidence),
        "scores": scores_by_split(facts.scores),
        "elements": element_lines(facts),
        "domain": domain_lines(evidence),
        "worst": worst_lines(evidence),
        "surrogate": surrogate,
        "plates": drawn,
        "has_training": has_training_rows(evidence),
        "unnested": UNNESTED in order,
        "repeated": bool(repeated.any()),
        "left_out": points["targets"][position]["left_out"],
        "calibrated_on": _shares(model["calibrated_on"][model["calibrated_on"] != ""].value_counts().to_dict()),
        "final_calibration": _calibration(evidence.plan["chosen"].get("calibrated_on")),
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


def _shares(counts: Mapping[Any, int]) -> str:
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(str(name) if len(counts) == 1 else f"{name} ({percent(n / total)})" for name, n in ordered)


def _calibration(value: Any) -> str:
    """Return what calibrated the final intervals, in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} ({count})" if isinstance(count, int) else str(name) for name, count in value.items())
    return str(value) if value else ""


def _plan_lines(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = [
        ("candidates", f"{', '.join(plan['candidates'])}; compared in {plan['inner_folds']} inner folds"),
        ("splits", "; ".join(map(split_words, plan["splits"]))),
        ("folds", f"{plan['n_folds']} of random rows, at most {plan['n_element_groups']} groups of elements"),
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
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number=number, split_words=split_words, percent=percent, score=_score)
    return environment.from_string(_part("page.html"))
