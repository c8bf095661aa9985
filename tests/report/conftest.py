"""What tests of the report share."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest
from perovskite_evidence import perovskites

from matterlearn.data.rejects import rejected_table
from matterlearn.report.facts import Facts
from matterlearn.report.page import write_report
from matterlearn.validation.scores import score_table


@pytest.fixture(scope="session")
def big_page(tmp_path_factory) -> Path:
    """Page of 20,000 rows on three splits; without the bootstrap, which takes longer than all else."""
    folder = tmp_path_factory.mktemp("big")
    scores = cached_property(lambda facts: score_table(facts.evidence.predictions, intervals=False))
    scores.__set_name__(Facts, "scores")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Facts, "scores", scores)
        evidence = replace(perovskites(20_000), diagnostics={})
        write_report(evidence, folder, rejected=rejected_table([], pd.RangeIndex(0)))
    return folder / "report.html"
