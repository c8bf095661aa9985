"""`matterlearn show`: what a model file is, trained on what, for what, by which plan, and how good."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

MOST_ELEMENTS = 40
"""Elements that are named; where training holds more, the missing ones tell more."""

MOST_CLASSES = 12
"""Classes that are named; more are counted."""

EXPLAINED = "in interval: share of rows that lay within theirs; guessing: MAE of the mean of the training rows"

CLASSES_EXPLAINED = (
    "guessing: log loss of stating how frequent classes are in training; answered: share of rows not refused; right: "
    "share of right answers"
)


def show(
    model: Annotated[Path, typer.Argument(help="Model file, model.mlz.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what the file says as JSON.")] = False,
) -> None:
    """Show what a model file is: for what, trained on what, by which plan, and how good."""
    from matterlearn.workflow.show import model_facts

    facts = model_facts(model)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))  # in ASCII: a file may hold characters that steer a terminal
    else:
        _print(facts)


def _print(facts: Mapping[str, Any]) -> None:
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)  # texts are the file's, and mean what they say
    width = console.width if console.is_terminal else None  # lines are folded for eyes, not for other programs
    if width is None:
        console.width = 200

    def say(text: str, indent: int = 0) -> None:
        folded = text if width is None else fill(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)
        console.print(folded, soft_wrap=True)

    say(_title(facts))
    for target, sentences in facts["headline"].items():
        say("")
        if len(facts["headline"]) > 1:
            say(f"{_clean(target)}:")
        for sentence in sentences:
            say(f"  {_clean(sentence)}", 2)
    say("")
    lines = [(_clean(label), _clean(value)) for label, value in _lines(facts)]
    indent = max(len(label) for label, _ in lines) + 2
    for label, value in lines:
        say(f"{label:<{indent}}{value}", indent)
    is_class = facts["task"] == "classification"
    for table in _class_scores(facts) if is_class else _scores(facts):
        say("")
        console.print(table)
    if facts["evidence"]:
        say(CLASSES_EXPLAINED if is_class else EXPLAINED, 2)
    if facts["notes"]:
        say("")
    for note in facts["notes"]:
        say(f"note: {_clean(note)}", 6)
    say("")
    say("sums of all parts fit; the model itself was not run")


def _title(facts: Mapping[str, Any]) -> str:
    units = {target["target"]: target["unit"] for target in facts["predicts"]}
    targets = ", ".join(f"{target} ({unit})" if unit else target for target, unit in units.items())
    columns = ", ".join(need["column"] for need in facts["needs"])
    return _clean(f"{facts['file']['path']}: predicts {targets or 'nothing known'} from {columns or 'unknown columns'}")


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield label and value of what is known."""
    from matterlearn.report.words import number

    data, plan, file = facts["trained_on"], facts["plan"], facts["file"]
    yield "table needs", "; ".join(_column(need) for need in facts["needs"])
    for target in facts["predicts"]:
        if "classes" in target:
            yield from _classes(target, len(facts["predicts"]) > 1)
            continue
        known = [f"{key} {number(target[key])}" for key in ("min", "mean", "max") if target[key] is not None]
        if known:
            name = f"{target['target']} in training" if len(facts["predicts"]) > 1 else "target in training"
            yield name, ", ".join(known) + (" (of its logarithm)" if target["log"] else "")
    counts = {"n_rows": "rows", "n_rejected": "rejected"}
    rows = [f"{data[key]} {word}" for key, word in counts.items() if data[key] is not None]
    if rows or data["name"]:
        yield "trained on", ": ".join(part for part in (data["name"], ", ".join(rows)) if part)
    if 0 < len(data["elements"]) <= MOST_ELEMENTS:
        yield "elements", " ".join(data["elements"])
    elif data["elements"]:
        yield "elements", f"{len(data['elements'])}, all but {' '.join(_missing(data['elements']))}"
    for label in ("citation", "licence", "sha256"):
        if data[label]:
            yield f"{'data ' if label == 'sha256' else ''}{label}", data[label]
    yield from _plan(plan, facts["task"] == "classification")
    if facts["versions"]:
        yield "made with", ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    yield "file", f"{file['bytes']:,} bytes, {len(file['parts'])} parts"
    yield "sha256", file["sha256"]


def _classes(target: Mapping[str, Any], several: bool) -> Iterator[tuple[str, str]]:
    """Yield the classes of a target and how many rows of training each has."""
    from matterlearn.report.words import named

    of = f" of {target['target']}" if several else ""
    counts = target["class_counts"]
    said = [f"{label} ({counts[label]} rows)" if label in counts else label for label in target["classes"]]
    if said:
        yield f"classes{of}", named(said, MOST_CLASSES)
    if target["positive"] is not None:
        yield f"looked for{of}", target["positive"]


def _column(need: Mapping[str, Any]) -> str:
    more = ", ".join(part for part in (need["kind"], need["unit"]) if part)
    return f"{need['column']} ({more})" if more else str(need["column"])


def _missing(elements: list[str]) -> list[str]:
    """Return the elements up to plutonium that are not among those of training."""
    from matterlearn.chemistry.elements import SYMBOLS

    return [symbol for symbol in SYMBOLS[:94] if symbol not in elements]


def _plan(plan: Mapping[str, Any], is_class: bool) -> Iterator[tuple[str, str]]:
    from matterlearn.report.words import percent

    def listed(key: str) -> list[str]:
        return [str(item) for item in plan[key]] if isinstance(plan[key], list) else []

    if listed("candidates"):
        yield "candidates", ", ".join(listed("candidates"))
    for target, weights in plan["chosen"].items():
        if weights:
            name = f"chosen for {target}" if len(plan["chosen"]) > 1 else "chosen"
            yield name, ", ".join(f"{weight:.0%} {candidate}" for candidate, weight in weights.items())
    counts = {"n_folds": "folds", "n_element_groups": "groups of elements", "inner_folds": "inner folds"}
    parts = [f"{plan[key]} {words}" for key, words in counts.items() if type(plan[key]) is int]
    if type(plan["seed"]) is int:
        parts.append(f"seed {plan['seed']}")
    if parts:
        yield "plan", ", ".join(parts)
    if type(plan["level"]) is float:
        yield "prediction sets" if is_class else "intervals", f"promise {percent(plan['level'])}"
    if listed("left_out"):
        yield "for want of time", f"without {', '.join(listed('left_out'))}"


def _scores(facts: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a table of scores for each target."""
    from rich import box
    from rich.table import Table

    from matterlearn.report.words import number, percent, split_words

    def known(value: Any) -> str:
        return "" if value is None else number(value)

    units = {
        target["target"]: f"log10({target['unit'] or target['target']})" if target["log"] else target["unit"]
        for target in facts["predicts"]
    }
    targets = list(dict.fromkeys(line["target"] for line in facts["evidence"]))
    for target in targets:
        name = _clean(target or "") if len(targets) > 1 else "tested on"
        mae = f"MAE ({_clean(units[target])})" if units.get(target) else "MAE"
        table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True)
        for heading in (name, "rows", mae, "95 %", "R2", "in interval", "guessing"):
            table.add_column(heading, justify="left" if heading == name else "right", no_wrap=heading == name)
        for line in facts["evidence"]:
            if line["target"] == target:
                ends = (line["mae_low"], line["mae_high"])
                table.add_row(
                    _clean(split_words(line["split"])),
                    "" if line["n_rows"] is None else str(line["n_rows"]),
                    known(line["mae"]),
                    "" if None in ends else f"{number(ends[0])} to {number(ends[1])}",
                    "" if line["r2"] is None else f"{line['r2']:.3g}",
                    percent(line["coverage"]),
                    known(line["mae_of_mean"]),
                )
        yield table


def _class_scores(facts: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a table of scores for each target of classes."""
    from rich import box
    from rich.table import Table

    from matterlearn.report.words import percent, short_number, split_words

    targets = list(dict.fromkeys(line["target"] for line in facts["evidence"]))
    for target in targets:
        name = _clean(target or "") if len(targets) > 1 else "tested on"
        table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True)
        scores = ("log loss", "95 %", "guessing", "AUC", "answered", "right")
        for heading in (name, "rows", *scores):
            table.add_column(heading, justify="left" if heading == name else "right", no_wrap=heading == name)
        for line in facts["evidence"]:
            if line["target"] == target:
                loss, low, high, guess = (
                    "" if line[key] is None else short_number(line[key])
                    for key in ("log_loss", "log_loss_low", "log_loss_high", "log_loss_of_shares")
                )
                table.add_row(
                    _clean(split_words(line["split"])),
                    "" if line["n_rows"] is None else str(line["n_rows"]),
                    loss,
                    f"{low}–{high}" if low and high else "",
                    guess,
                    "" if line["roc_auc"] is None else f"{line['roc_auc']:.3f}",
                    *(percent(line[key]) for key in ("answered", "accuracy_answered")),
                )
        yield table


def _clean(text: str) -> str:
    """Return a text without characters that move a cursor, change the direction of writing or cannot be seen."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "?" for sign in text)
