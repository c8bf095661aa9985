"""The page of classes in a browser: its points answer with classes, and long names fit a telephone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from browser import CHROMIUM, Browser
from class_evidence import class_evidence
from test_page_browser import MARKUP, place_of, plot_of, told

from matterlearn.data.rejects import rejected_table
from matterlearn.report.page import write_report
from matterlearn.validation.evidence import Evidence

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"),
    pytest.mark.timeout(900),
]

LONG = "an_unbroken_name_of_a_class_that_does_not_fit_into_any_window_of_any_telephone_" * 2


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return class_evidence((MARKUP, LONG, "c"), n_rows=150, splits=("random",), diagnostics=False)


@pytest.fixture(scope="module")
def page(tmp_path_factory, evidence) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    write_report(evidence, folder, rejected=rejected_table([], pd.RangeIndex(0)))
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.mark.parametrize(("width", "mobile"), [(1280, False), (390, True)])
def test_nothing_is_wider_than_the_window(browser, page, width, mobile) -> None:
    browser.open(page, width=width, height=844, mobile=mobile)
    found = browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert found == [width, width]


def test_a_row_answers_with_its_classes(browser, page, evidence) -> None:
    browser.open(page)
    judged = replace(evidence).predictions.query("model == 'model' and split == 'random'")
    wrong = judged[(judged["y"] == 1.0) & ~judged["decided"]]
    worst = wrong.loc[wrong["prediction"].idxmin()]
    words = "Probability that was not given to the actual class"
    left, top, width, height = plot_of(browser, words)
    x, y = place_of(browser, words, 0, int(worst["row_id"]))
    browser.point(left + x * width, top + y * height)
    found = told(browser)
    assert f"row {worst['row_id']}, random rows" in found
    assert f"is {worst['class'][:90]}, to which the model gives {100 * worst['prediction']:.3g} %" in found
    said = judged[(judged["row_id"] == worst["row_id"]) & judged["decided"]].iloc[0]
    assert f"decided for {said['class'][:90]}, {100 * said['prediction']:.3g} %" in found
    assert ("refused" in found.splitlines()) == worst["rejected"]
    assert browser.complaints == []
    assert browser.requests == []
