"""The page on searches says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")


def test_its_examples_run_one_after_the_other(capsys):
    code = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile("\n".join(code), "search.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "8 combinations, trained together: True"
    assert float(lines[1].split()[1]) > 0.5
    assert 0.5 < float(lines[2].split()[-1]) < 6.0
    assert lines[3:] == ["True", "4 figures; 5 parameters share the variance: 1.00"]
