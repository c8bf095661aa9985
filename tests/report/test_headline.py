from __future__ import annotations

import math
from dataclasses import replace

import pytest
from perovskite_evidence import WILD, perovskites
from planted_evidence import planted

from matterlearn.report.facts import Facts
from matterlearn.report.headline import headline, useless_elements
from matterlearn.report.words import number, percent, short_number, split_words

ELEMENTS = {"Na": 0.5, "Cl": 0.5}


def sentences(**arguments) -> list[str]:
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in headline(planted(**arguments))]


def test_the_first_sentence_has_the_errors_with_unit():
    found = sentences(errors={"random": {"a": 0.5, "b": 0.7}, "element": {"Na": 1.5}})
    assert found[0] == "Mean absolute error: random rows 0.60 eV; unseen elements 1.5."
    assert sentences(errors={"random": {"a": 0.5}}, unit="")[0] == "Mean absolute error: random rows 0.50."


def test_rows_like_the_training_rows_stand_first():
    found = sentences(errors={"group:lab": {"x": 1.5}, "random": {"a": 0.5}})
    assert found[0] == "Mean absolute error: random rows 0.50 eV; unseen values of lab 1.5."


def test_errors_of_logarithms_are_factors():
    evidence = planted({"random": {"a": 0.3}}, unit="log10(GPa)")
    evidence = replace(evidence, data={**evidence.data, "log": True})
    assert headline(evidence)[0] == "Mean absolute error: random rows 0.30 log10(GPa) (a factor of 2.0)."


def test_elements_that_training_lacked_are_warned_of():
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.7, "Cl, Br": 2.0}})
    assert found[0].endswith("; do not use for Br, Cl where training lacks them: error 4x.")
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.7, "Cl": 1.5}})
    assert found[0].endswith("; do not use for Cl where training lacks it: error 3x.")
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.7, "Cl": 1.49}})
    assert "do not use" not in found[0]


def test_few_rows_condemn_no_element():
    """Ten rows are dealt out to three elements in turn: four, three and three are too few."""
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.7, "Cl, Br, I": 2.0}})
    assert "do not use" not in found[0]


def test_single_elements_count_as_well():
    found = sentences(errors={"random:3": {"a": 0.5}, "element:each": {"Na": 0.7, "Cl": 2.0}})
    assert found[0] == (
        "Mean absolute error: random rows, 3 times 0.50 eV; each element unseen (un-nested) 1.4; "
        "do not use for Cl where training lacks it: error 4x."
    )
    assert any(text.startswith("Un-nested: the model was chosen with each single left-out") for text in found)
    assert not any("Un-nested" in text for text in sentences(errors={"random": {"a": 0.5}, "element": ELEMENTS}))


def test_elements_that_are_known_and_bad_all_the_same():
    """Rows with these two elements were planted four times worse than others."""
    evidence = perovskites(1500, splits=("random", "element"))
    facts = Facts(evidence)
    known, unseen = useless_elements(facts)
    assert len(known) > 0
    assert set(known["element"]) <= WILD
    assert (known["times"] >= 3).all()
    assert (known["n_rows"] >= 5).all()
    assert set(known["element"]).isdisjoint(unseen["element"])
    names = ", ".join(known["element"])
    assert f"do not use for {names}: error " in headline(evidence, facts)[0]


def test_warnings_about_the_data_stand_before_all_else():
    evidence = planted({"random": {"a": 0.5}})
    assert headline(evidence)[1] == "1 warning about the data: the numbers may be too good. Read it first."
    leaks = evidence.diagnostics["leaks"]
    notes = [entry for entry in leaks if entry["severity"] == "note"]
    assert not any("warning" in text for text in headline(replace(evidence, diagnostics={"leaks": notes})))
    assert headline(replace(evidence, diagnostics={"leaks": leaks * 2}))[1].startswith("2 warnings")


def test_how_much_better_than_guessing_the_mean():
    found = sentences(errors={"random": {"a": 0.5}, "element": ELEMENTS}, baselines={"mean": 2.0})
    assert (
        "Of the error of guessing the mean of the training rows, that is: random rows 25 %; unseen elements 25 %."
        in found
    )


def test_unseen_elements_are_harder():
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.7, "Cl": 2.3}})
    assert (
        "With elements left out, the error is 3x that on random rows (trained on 60 % of the rows, against 80 %); "
        "worst without Cl: 2.3 eV." in found
    )


def test_the_worst_group_is_named_in_short():
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.6, "Cl, Br, I, F, S, Se, Te": 0.7}})
    assert any(text.endswith("worst without Cl, Br, I, F, S ... (7): 0.7 eV.") for text in found)


def test_a_hold_out_that_is_easier_than_random_rows_is_called_so():
    found = sentences(errors={"random": {"a": 0.5}, "holdout:set": {"set = test": 0.3}})
    assert "The hold-out by set is easier than random rows: it proves little." in found
    assert not any("easier" in text for text in sentences(errors={"random": {"a": 0.5}, "holdout:set": {"x": 0.6}}))


def test_unseen_elements_that_are_easier_are_called_unusual():
    found = sentences(errors={"random": {"a": 0.9}, "element": {"Na": 0.5}})
    assert any("the error is not larger than that, which is unusual, on random rows" in text for text in found)


def test_a_model_that_loses_to_a_baseline():
    found = sentences(
        errors={"random": {"a": 0.5}, "element": {"Na": 2.0}}, baselines={"mean": 1.5, "1-nearest neighbour": 1.2}
    )
    assert (
        "No better than a trivial baseline on unseen elements: 1-nearest neighbour reaches 1.2, the model 2." in found
    )
    assert not any("baseline on random rows" in text for text in found)


def test_equal_to_a_baseline_is_no_better():
    found = sentences(errors={"random": {"a": 0.5}}, baselines={"mean": 0.5})
    assert any("No better than a trivial baseline on random rows" in text for text in found)


def test_the_model_on_its_training_rows_is_no_score():
    found = sentences(errors={"random": {"a": 0.5}}, training=0.01)
    assert not any("training rows 0" in text or "0.01" in text for text in found)


def test_intervals_that_fail_for_one_group():
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.5, "Cl": 3.0}}, half_width=1.0)
    assert "Intervals that promise 90 % held: random rows 100 %; unseen elements 50 %." in found
    assert "With Cl left out, 90 % intervals hold 0 %." in found


def test_intervals_that_hold():
    found = sentences(errors={"random": {"a": 0.5}, "element": {"Na": 0.5, "Cl": 0.9}}, half_width=1.0)
    assert not any("left out, 90 % intervals" in text for text in found)


def test_outside_of_the_domain():
    """The planted error is the same inside and outside: half of the rows lie on either side."""
    found = sentences(errors={"random": {"a": 0.5, "b": 0.5}})
    assert found[-1] == (
        "Outside of its domain (50 % of random rows) the error is 1x that inside: the domain does not tell good from "
        "bad here."
    )
    found = headline(perovskites(600))[-1]
    assert found.startswith("Outside of its domain (")
    assert "does not tell" not in found


def test_a_few_rows_outside_are_not_judged():
    found = sentences(errors={"random": {"a": 0.5}})
    assert found[-1] == "Only 5 of random rows lie outside of its domain: too few to judge."


def test_where_all_rows_are_outside_another_split_tells():
    evidence = planted({"random": {"a": 0.5, "b": 0.5}, "element": {"Na": 0.7, "Cl": 1.0}})
    outside = evidence.predictions["in_domain"] & (evidence.predictions["split"] != "element")
    evidence = replace(evidence, predictions=evidence.predictions.assign(in_domain=outside))
    assert any("of random rows) the error is 1x that inside" in text for text in headline(evidence))


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("random", "random rows"),
        ("random:3", "random rows, 3 times"),
        ("stratified", "random rows, stratified by target"),
        ("element", "unseen elements"),
        ("element:each", "each element unseen (un-nested)"),
        ("element:O,N", "unseen O, N"),
        ("system", "unseen chemical systems"),
        ("cluster", "unseen kinds of composition"),
        ("extremes", "extremes of the target"),
        ("group:lab", "unseen values of lab"),
        ("holdout:set", "hold-out by set"),
        ("holdout:set=x:y", "hold-out by set=x:y"),
        ("file:folds.csv", "folds of folds.csv"),
        ("training rows", "training rows"),
    ],
)
def test_splits_in_words(split, words):
    assert split_words(split) == words
    if split != "training rows":
        assert words in headline(planted({split: {"x": 0.5}}))[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1234567, "0.123"),
        (-12.345, "-12.3"),
        (123456.0, "123000"),
        (0.0, "0"),
        (1.0, "1"),
        (1.23e-7, "1.23e-07"),
        (4.56e12, "4.56e+12"),
        (math.nan, "unknown"),
        (math.inf, "unbounded"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0996, "0.10"), (9.96, "10"), (996.0, "1000"), (-0.04567, "-0.046"), (0.0, "0")]
)
def test_short_numbers(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.9999, "99.9 %"), (1e-5, "0.1 %"), (0.16, "16 %"), (math.nan, ""), (None, "")],
)
def test_no_share_is_rounded_to_all_or_nothing(share, text):
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text
