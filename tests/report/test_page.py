from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from perovskite_evidence import perovskites
from planted_evidence import planted

from matterlearn.data.rejects import BadCell, rejected_table
from matterlearn.report import page_points
from matterlearn.report.headline import headline
from matterlearn.report.page import SHOWN_REJECTED, write_report
from matterlearn.validation.evidence import Evidence

ERRORS = {"random": {"a": 0.5, "b": 0.7}, "element": {"Na": 0.8, "Cl": 2.0}}
NOTHING = rejected_table([], pd.RangeIndex(0))
EVIL = "<img src=x onerror=alert(1)></script>\"'&"


class Elements(HTMLParser):
    """What a page holds: its elements, its text, and whether they are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "hr", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            kind = self.found[-1][1].get("type") or self.open[-1]
            self.raw[kind] = self.raw.get(kind, "") + data
        elif data.strip():
            self.text.append(" ".join(data.split()))

    @property
    def points(self) -> dict:
        return json.loads(self.raw["application/json"])

    def pictures(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == "img"]


def report(folder: Path, evidence: Evidence | None = None, rejected: pd.DataFrame = NOTHING) -> str:
    write_report(evidence or planted(ERRORS, training=0.1), folder, rejected=rejected)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("report")
    report(place)
    return place


@pytest.fixture
def source(folder) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def page(source) -> Elements:
    return Elements(source)


def test_the_page_is_sound_html(page):
    assert page.open == []
    assert [tag for tag, _ in page.found][:2] == ["html", "head"]


def test_headings_are_in_order_and_every_link_has_its_place(page):
    headings = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    names = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(set(names)) == len(names)
    links = [attributes["href"] for tag, attributes in page.found if tag == "a"]
    assert len(links) >= 10
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_the_page_needs_nothing_but_itself(page):
    for tag, attributes in page.found:
        assert tag not in ("link", "iframe", "object", "base", "form", "embed")
        for name in ("src", "srcset", "data", "action", "poster", "background"):
            assert (attributes.get(name) or "data:").startswith("data:")
        assert (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    style = page.raw["style"]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_forbids_the_network_and_foreign_scripts(page):
    (policy,) = [a["content"] for _, a in page.found if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for kind, name in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_every_figure_is_in_the_page_and_beside_it(folder, page):
    pictures = page.pictures()
    assert len({image["src"] for image in pictures}) == len(pictures)
    assert all(image["src"].startswith("data:image/png;base64,") for image in pictures)
    names = sorted(path.stem for path in (folder / "figures").glob("*.png"))
    assert sorted(path.stem for path in (folder / "figures").glob("*.svg")) == names
    assert names == sorted(
        [
            *("errors-by-split", "left-out-elements", "parity-random", "parity-element", "parity-training-rows"),
            *("elements-random", "elements-left-out", "residuals-random", "residuals-element"),
            *("residual-distribution", "learning-curve", "importance-by-property", "importance-by-site"),
            *("partial-dependence-1", "calibration-curve", "interval-widths", "coverage-by-size"),
            *("coverage-by-element-random", "coverage-by-element-element"),
            *("domain-random", "domain-element", "coverage-by-distance"),
        ]
    )
    assert len(pictures) == len(names)


def test_every_figure_shows_something_and_says_what(page):
    for image in page.pictures():
        pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))
        assert pixels.shape[:2] == (int(image["height"]), int(image["width"]))
        assert len(np.unique((255 * pixels[..., :3]).astype(int) @ [65_536, 256, 1])) > 5
        assert len(image["alt"]) > 30
    said = " ".join(image["alt"] for image in page.pictures())
    assert "random rows 0.6 eV; unseen elements 1.4 eV" in said
    assert "Largest: Cl 2, Na 0.8 eV" in said


def test_the_headline_stands_first(page):
    first = [" ".join(text.split()) for text in headline(planted(ERRORS))]
    assert [text for text in page.text if text in first] == first
    assert page.text.index(first[0]) < page.text.index("How good, compared with what")


def test_parts_stand_in_their_order(page):
    parts = [
        *("The data", "How good, compared with what", "Predicted and actual", "Where in the periodic table", "Errors"),
        *("What more data would bring", "What the model looks at", "How predictions follow it", "In words"),
        *("How far intervals can be believed", "Where the model may be believed", "The worst rows", "The plan"),
        *("Provenance", "Citations"),
    ]
    positions = [len(page.text) - 1 - page.text[::-1].index(part) for part in parts]
    assert positions == sorted(positions)


def test_what_a_reader_must_know_is_there(page):
    text = " ".join(page.text)
    for words in (
        *("gap_eV", "planted", "100 rows", "A note on the data.", "A note on the evidence.", "A source."),
        *(
            "0.6",
            "A short list of rules",
            "0.9 ± 0.1 eV on unseen rows, where the model reaches 0.6, and explains 81 %",
        ),
        *("B electronegativity mean <= 1.6: 2.1", "matterlearn 0.1.0", "0" * 64, "compared in 3 inner folds"),
        *("element groups (60), random folds (40)", "2 s, planned 1 s", "−29 % on random rows"),
    ):
        assert words in text, words


def test_warnings_stand_before_notes(page):
    text = " ".join(page.text)
    warning = text.index("The column sample_id orders the target")
    assert warning < text.index("2 rows have a near-duplicate in another fold.")
    assert "Rows 3, 17" in text


def test_scores_stand_with_their_intervals(page):
    text = " ".join(page.text)
    assert re.search(r"random rows model 0\.6 0\.5\d*–0\.6\d* 0\.608 0\.955 \S+ 20 % 100 % 83–100 2 20", text)
    assert "training rows model 0.1" in text


def test_the_worst_rows_of_each_split_stand_with_their_formula(page):
    text = " ".join(page.text)
    after = text[text.index("The worst rows what row") :]
    assert re.match(
        r"The worst rows what row .*? tested on ClO\d+ 1\d \d \S+ −0\.7 \S+ to \S+ (yes|no) random rows", after
    )
    assert re.search(r"ClO\d+ 1\d \d \S+ [+−]2 \S+ to \S+ (yes|no) unseen elements", after)


def test_the_same_evidence_gives_the_same_page(source, tmp_path):
    assert report(tmp_path) == source


@pytest.mark.usefixtures("undrawn")
def test_texts_of_others_stay_text(tmp_path):
    evidence = planted({"random": {EVIL: 0.5}, f"group:{EVIL}": {EVIL: 2.0, "x": 1.0}}, target=EVIL, unit=EVIL)
    plan = {**evidence.plan, "citations": [EVIL], "left_out": [EVIL], "candidates": [EVIL]}
    diagnostics = {
        **evidence.diagnostics,
        "leaks": [{**evidence.diagnostics["leaks"][0], "text": EVIL, "severity": EVIL}],
        "surrogate": [{**evidence.diagnostics["surrogate"][0], "text": [EVIL]}],
        "importance": [{**entry, "name": EVIL + entry["name"]} for entry in evidence.diagnostics["importance"]],
        "partial_dependence": [{**evidence.diagnostics["partial_dependence"][0], "feature": EVIL, "unit": EVIL}],
    }
    evidence = replace(
        evidence,
        data={**evidence.data, "name": EVIL, "notes": [EVIL], "citation": EVIL, "licence": EVIL, "elements": [EVIL]},
        rows=evidence.rows.assign(label=EVIL),
        notes=[EVIL],
        plan=plan,
        diagnostics=diagnostics,
    )
    rejected = rejected_table([BadCell(0, EVIL, EVIL, EVIL)], pd.RangeIndex(1, 2))
    source = report(tmp_path, evidence, rejected)
    assert "<img src=x" not in source
    found = Elements(source)
    assert found.open == []
    assert all("onerror" not in attributes for _, attributes in found.found)
    assert found.text.count(EVIL) >= 5
    assert set(found.points["label"]) == {EVIL}
    assert list(found.raw) == ["style", "application/json", "script"]


def bare(evidence: Evidence) -> Evidence:
    """Return evidence with few figures."""
    return replace(evidence, diagnostics={})


@pytest.mark.usefixtures("undrawn")
def test_rejected_rows_are_counted_by_reason_and_shown(tmp_path):
    n = SHOWN_REJECTED + 5
    cells = [BadCell(i, "formula", f"Xx{i}", f"unknown element 'Xx{i}'") for i in range(n - 1)]
    cells.append(BadCell(n - 1, "gap_eV", "", "no number"))
    rejected = rejected_table(cells, pd.RangeIndex(1, n + 1))
    evidence = bare(planted({"random": {"a": 0.5}}))
    facts = {**evidence.data["targets"]["gap_eV"], "n_contradictions": 7}
    evidence = replace(evidence, data={**evidence.data, "n_rejected": n, "targets": {"gap_eV": facts}})
    text = Elements(report(tmp_path, evidence, rejected)).text
    assert "7 groups of rows are equal in all inputs and differ in the target" in text
    assert f"{n}: {n - 1} × unknown element …; 1 × no number" in text
    assert f"Xx{SHOWN_REJECTED - 1}" in text
    assert f"Xx{SHOWN_REJECTED}" not in text
    assert "5 more in rejected.csv." in text


def test_an_unbounded_interval_is_called_so(tmp_path):
    page = Elements(report(tmp_path, bare(planted(ERRORS, half_width=math.inf))))
    text = " ".join(page.text)
    assert "unbounded" in text
    assert not {"nan", "inf", "NaN", "None"} & set(text.split())
    assert np.isinf(numbers(page.points["targets"][0]["high"], "<f4")).all()


@pytest.mark.usefixtures("undrawn")
def test_without_an_element_split(tmp_path):
    report(tmp_path, bare(planted({"random": {"a": 0.5}})))
    names = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert {"errors-by-split", "parity-random", "elements-random"} <= names
    assert not {"left-out-elements", "parity-element", "elements-left-out", "parity-training-rows"} & names


@pytest.mark.usefixtures("undrawn")
def test_without_diagnostics_and_without_what_rows_are(tmp_path):
    evidence = planted(ERRORS)
    page = Elements(report(tmp_path, replace(evidence, diagnostics={}, rows=evidence.rows.iloc[:0])))
    text = " ".join(page.text)
    for absent in ("What more data would bring", "What the model looks at", "In words", "Where in the periodic table"):
        assert absent not in text
    assert set(page.points["label"]) == {""}


def test_a_model_without_intervals(tmp_path):
    evidence = bare(planted(ERRORS))
    unknown = dict.fromkeys(("lower", "upper", "level_needed"), math.nan)
    page = Elements(report(tmp_path, replace(evidence, predictions=evidence.predictions.assign(**unknown))))
    text = " ".join(page.text)
    assert "How far intervals can be believed" not in text
    assert "Intervals that promise" not in text
    assert "nan" not in text.split()


def test_splits_of_other_scripts_have_figures_of_their_own(tmp_path):
    report(tmp_path, bare(planted({"group:能": {"a": 0.5, "b": 1.0}, "group:隙": {"a": 0.5, "b": 1.0}})))
    names = {path.stem for path in (tmp_path / "figures").glob("parity*.png")}
    assert names == {"parity-group", "parity-group-2"}


@pytest.mark.usefixtures("undrawn")
def test_several_targets_have_a_part_each(tmp_path):
    evidence = bare(planted(ERRORS, others={"bulk_GPa": {"random": {"a": 0.25}}}))
    facts = {**evidence.data["targets"]["bulk_GPa"], "unit": "log10(GPa)", "log": True}
    evidence = replace(evidence, data={**evidence.data, "targets": {**evidence.data["targets"], "bulk_GPa": facts}})
    page = Elements(report(tmp_path, evidence))
    assert page.open == []
    for name in evidence.targets:
        first = headline(evidence.of(name))[0]
        assert first in page.text
    assert "random rows 0.25 log10(GPa) (a factor of 1.8)" in " ".join(page.text)
    headings = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    stems = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert {"1-gap-ev-parity-random", "2-bulk-gpa-parity-random"} <= stems
    assert [target["name"] for target in page.points["targets"]] == ["gap_eV", "bulk_GPa"]
    assert {plot["target"] for plot in page.points["plots"]} == {0, 1}


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_page_holds_every_prediction(page):
    evidence = planted(ERRORS, training=0.1)
    (target,) = page.points["targets"]
    rows = numbers(page.points["row"], "<u4")
    at = numbers(target["at"], "<u2")
    assert target["left_out"] == 0
    assert [split[0] for split in target["splits"]] == ["random rows", "unseen elements", "training rows"]
    assert [split[1:] for split in target["splits"]] == [[0, 20], [20, 40], [40, 50]]
    table = evidence.predictions[evidence.predictions["model"] == "model"]
    assert rows[at].tolist() == table["row_id"].tolist()
    assert numbers(target["y"], "<f4")[at] == pytest.approx(table["y"], abs=1e-6)
    for name, column in (("p", "prediction"), ("low", "lower"), ("high", "upper"), ("d", "domain")):
        assert numbers(target[name], "<f4") == pytest.approx(table[column], abs=1e-6)
    inside = np.unpackbits(numbers(target["inside"], "u1"), bitorder="little", count=50)
    assert inside.astype(bool).tolist() == table["in_domain"].tolist()
    labels = dict(zip(evidence.rows["row_id"], evidence.rows["label"], strict=True))
    assert page.points["label"] == [labels[int(row)] for row in rows]


QUANTITIES = {
    "y": lambda rows: rows["y"],
    "p": lambda rows: rows["prediction"],
    "e": lambda rows: rows["prediction"] - rows["y"],
    "a": lambda rows: (rows["prediction"] - rows["y"]).abs(),
    "d": lambda rows: rows["domain"],
}


def test_points_are_where_the_page_says(tmp_path):
    """Each point's pixel is coloured: the places that the script works out are those that were drawn."""
    evidence = bare(perovskites(400, splits=("random", "element")))
    page = Elements(report(tmp_path, evidence))
    pictures = [image for (_, before), (tag, image) in pairwise(page.found) if tag == "img" and "data-plot" in before]
    assert len(pictures) == len(page.points["plots"])
    splits = [str(name) for name in evidence.predictions["split"].unique()]
    n_panels = 0
    for image, plot in zip(pictures, page.points["plots"], strict=True):
        pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))[..., :3]
        for panel in plot["panels"]:
            if "box" not in panel:
                continue
            n_panels += 1
            rows = evidence.predictions[
                (evidence.predictions["model"] == "model") & (evidence.predictions["split"] == splits[panel["split"]])
            ]
            left, top, right, bottom = panel["box"]
            x = parts(QUANTITIES[panel["x"]](rows), panel["xlim"], left, right)
            y = parts(QUANTITIES[panel["y"]](rows), panel["ylim"], bottom, top)
            height, width = pixels.shape[:2]
            at = pixels[
                np.minimum((y * height).astype(int), height - 1), np.minimum((x * width).astype(int), width - 1)
            ]
            assert np.mean(at.min(axis=1) < 0.9) > 0.99
    assert n_panels == 7  # parity three times, residuals and domain twice


def parts(values: pd.Series, limits: list[float], first: float, last: float) -> np.ndarray:
    share = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1)
    return (first + share * (last - first)).to_numpy()


@pytest.mark.timeout(900)
def test_a_page_of_many_rows_is_small_enough(big_page):
    assert 3_000_000 < big_page.stat().st_size <= 6_000_000
    points = Elements(big_page.read_text(encoding="utf-8")).points
    assert len(points["label"]) == 20_000
    assert points["targets"][0]["left_out"] == 0


def test_of_too_many_predictions_the_worst_are_kept(monkeypatch):
    monkeypatch.setattr(page_points, "MOST_POINTS", 100)
    evidence = perovskites(300)
    (target,) = page_points.points_table(evidence)["targets"]
    model = evidence.predictions[evidence.predictions["model"] == "model"]
    assert len(numbers(target["p"], "<f4")) == 100
    assert target["left_out"] == len(model) - 100
    worst = (model["prediction"] - model["y"]).abs().nlargest(10)
    kept = numbers(target["p"], "<f4")
    assert all(np.isclose(kept, model.loc[row, "prediction"], rtol=1e-6).any() for row in worst.index)
    assert target["splits"][-1][2] == 100
