"""Sentences that the headlines of numbers and of classes share."""

from __future__ import annotations

from collections.abc import Mapping

from matterlearn.report.words import percent, split_words
from matterlearn.validation.evidence import Evidence
from matterlearn.validation.leaks.words import listed


def data_warnings(evidence: Evidence) -> list[str]:
    """Return a sentence that points to the warnings about the data; none without a warning."""
    n = sum(entry["severity"] == "warning" for entry in evidence.diagnostics.get("leaks", []))
    if not n:
        return []
    return [f"{n} warning{'s' if n > 1 else ''} about the data: the numbers may be too good. Read {them(n)} first."]


def them(n: int) -> str:
    """Return the pronoun for this many things.

    Examples
    --------
    >>> them(1), them(2)
    ('it', 'them')
    """
    return "them" if n > 1 else "it"


def by_split(shares: Mapping[str, float]) -> str:
    """Return shares with the splits they belong to; those that do not exist are left out.

    Examples
    --------
    >>> by_split({"random": 0.5, "element": float("nan")}).replace("\N{NO-BREAK SPACE}", " ")
    'random rows 50 %'
    """
    return "; ".join(f"{split_words(split)} {percent(share)}" for split, share in shares.items() if share == share)


def symmetry_lines(evidence: Evidence) -> list[str]:
    """Return what an audit found of each symmetry, one or two sentences each; nothing where none was made."""
    return [line for entry in evidence.diagnostics.get("symmetries", []) for line in entry["text"][1:]]


def broken_symmetries(evidence: Evidence) -> list[str]:
    """Return a sentence on the symmetries of physics that predictions break; nothing where all hold."""
    broken = [
        check["symmetry"]
        for entry in evidence.diagnostics.get("symmetries", [])
        for check in entry["checks"]
        if check["verdict"] == "broken"
    ]
    if not broken:
        return []
    names = listed(broken)
    return [f"Predictions change where they must not: {names} {'is' if len(broken) == 1 else 'are'} broken."]
