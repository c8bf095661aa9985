"""The page on classes says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from matterlearn.core.parallel import single_thread

PAGE = (Path(__file__).parents[2] / "docs" / "classification.md").read_text(encoding="utf-8")


def test_its_pieces_run_alone(capsys):
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if "table.csv" not in block]
    with single_thread():
        exec(compile(code, "classification.md", "exec"), {})
    printed = capsys.readouterr().out
    answered, right = map(float, re.search(r"^(0\.\d+) (\S+)$", printed, flags=re.MULTILINE).groups())
    assert 0.6 < answered < 1.0
    assert right > 0.9
