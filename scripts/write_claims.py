"""Write the measured numbers of README.md, docs/accuracy.md and docs/real-tables.md from benchmarks/results.

    python scripts/write_claims.py

The text between the markers `<!-- claims -->` and `<!-- end of claims -->` is replaced.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
START, END = "<!-- claims -->", "<!-- end of claims -->"


def main() -> None:
    """Fill in the pages."""
    replace(ROOT / "README.md", [*readme_table()])
    replace(ROOT / "docs" / "accuracy.md", [*accuracy_tables()])
    replace(ROOT / "docs" / "real-tables.md", [*evidence_tables()])


def readme_table() -> list[str]:
    """Return the lines of the short table."""
    speed, start = result("composition_features"), result("startup")
    lines = ["| what | matterlearn | beside it, same run | script |", "| --- | --- | --- | --- |"]
    lines.append(
        f"| 132 composition descriptors, one thread | {speed['matterlearn']['per_second']:,.0f} formulas per "
        f"second | matminer {speed['matminer']['per_second']:,.0f} (ratio {speed['ratio']:.0f}) | "
        "`benchmarks/composition_features.py` |"
    )
    wall = start["wall_above_bare_seconds"]
    lines.append(
        f"| start, above a bare interpreter | `import matterlearn` {wall['import matterlearn']:.2f} s, "
        f"`matterlearn --help` {wall['matterlearn --help']:.2f} s | | `benchmarks/startup.py` |"
    )
    stack = result("mlp_stack")
    seconds = stack["seconds"]
    lines.append(
        f"| grid search of 27 networks on 5 folds, 250 epochs, {stack['machine']['threads']} cores | "
        f"{seconds['stack']:.0f} s | loop over `DataLoader` batches {seconds['loader']:.0f} s (ratio "
        f"{stack['ratio_to_loader']:.1f}), one network after the other {seconds['single']:.0f} s | "
        "`benchmarks/mlp_stack.py` |"
    )
    for what, task, script in tasks():
        scores = task["scores"]
        lines.append(
            f"| {what}, mean absolute error | {scores['matterlearn']['mae']:.3g} {task['unit']} | extra trees "
            f"{scores['extra trees']['mae']:.3g} ({difference(task)}) | `benchmarks/accuracy/{script}.py` |"
        )
    for part, what, beside in (
        ("glass", "metallic glass or not, official folds", "forest"),
        ("er_status", "receptor status from metabolites, 5 x 5 folds", "L1 logistic"),
        ("tumor_normal", "tumour or normal tissue from metabolites, 5 x 5 folds", "forest"),
    ):
        scores = result("accuracy_classes")["parts"][part]["scores"]
        lines.append(
            f"| {what}, ROC AUC | {mean_and_spread(scores['matterlearn'], 'roc_auc')} | {beside} "
            f"{mean_and_spread(scores[beside], 'roc_auc')} | `benchmarks/accuracy/classes.py` |"
        )
    return [*lines, *molecule_lines()]


def molecule_lines() -> list[str]:
    """Return the lines of the short table on molecules."""
    families = result("molecule_features")["families"]
    functions = families["SymmetryFunctions"]
    slowest = min(families, key=lambda name: families[name]["ratio"])
    conformers = result("accuracy_conformers")
    models, raw = conformers["models"], "coordinates, boosted trees"
    generic = {name: one for name, one in models.items() if not one["own_terms"] and not one["broken"]}
    best = min(generic, key=lambda name: generic[name]["mae"])
    terms = "terms of a force field, ridge"
    return [
        f"| symmetry functions of 3,000 conformers of 39 atoms, one thread | {functions['seconds']:.2g} s | dscribe "
        f"{functions['peer_seconds']:.2g} s (ratio {functions['ratio']:.0f}; smallest of {len(families)} families: "
        f"{slowest}, {families[slowest]['ratio']:.1f}) | `benchmarks/molecule_features.py` |",
        f"| energies of conformers, {conformers['n_train']:,} to learn from, mean absolute error | {best} "
        f"{mae(models[best])} kcal/mol; {terms} {mae(models[terms])} | {raw} "
        f"{mae(models[raw])} | `benchmarks/accuracy/conformers.py` |",
        f"| {conformers['requested']:,} conformers made, written, fitted with report | "
        f"{conformers['fit']['all_s']:.0f} s | | `benchmarks/accuracy/conformers.py` |",
    ]


def accuracy_tables() -> list[str]:
    """Return a table of all scores per task."""
    lines = []
    for what, task, script in tasks():
        lines += [
            f"**{what[0].upper()}{what[1:]}** (`{script}.py`, {task['unit']})",
            "",
            "| model | MAE | median | RMSE | R2 | MAE over folds |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for name, score in task["scores"].items():
            spread = score["mae_sd_over_folds"]
            folds = f"{score['mae_mean_over_folds']:.3g}" + (f" ± {spread:.2g}" if spread is not None else "")
            lines.append(
                f"| {name} | {score['mae']:.3g} | {score['median_ae']:.3g} | {score['rmse']:.3g} | {score['r2']:.3f} "
                f"| {folds} |"
            )
        lines += ["", f"Difference of the mean absolute errors to extra trees: {difference(task)}.", ""]
    return [*lines, *network_tables(), *class_tables(), *conformer_table()]


def conformer_table() -> list[str]:
    """Return a table of models of the energies of conformers."""
    task = result("accuracy_conformers")
    lines = [
        f"**Energies of conformers of {task['molecule']}** (`conformers.py`, kcal/mol; {task['n_train']:,} to learn "
        f"from, {task['kept'] - task['n_train']:,} to test on, mean and standard deviation over {task['splits']} "
        f"splits; standard deviation of the energies {task['target_sd']:.1f})",
        "",
        "| learns from | MAE | meV/atom | fit, s | symmetries broken |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, one in task["models"].items():
        broken = ", ".join(
            part for part in one["broken"] if part != "permutation of like atoms" or len(one["broken"]) == 4
        )
        lines.append(
            f"| {name} | {mae(one)} | {one['mae_mev_per_atom']:.3g} | {one['fit_s']:.1f} | {broken or 'none'} |"
        )
    fit = task["fit"]
    return [
        *lines,
        "",
        "The terms of a force field are those that made the energies: that line tests the plumbing. `matterlearn fit` "
        f"of all {fit['n_rows']:,} with a budget of five minutes: {fit['random_mae']:.3f} kcal/mol on random folds, "
        f"{fit['coverage']:.0%} of the rows within their 90 % intervals; with the making of the conformers "
        f"{fit['all_s']:.0f} s in all.",
        "",
    ]


def mae(model: dict[str, Any]) -> str:
    """Return mean and standard deviation over splits of an error."""
    return f"{model['mae']:.3f} ± {model['mae_sd']:.3f}"


def class_tables() -> list[str]:
    """Return a table of classifiers per task, and what refusing did."""
    lines = []
    for part, what in (
        ("glass", "Metallic glass or not (Matbench), official folds"),
        ("er_status", "Receptor status of tumours from metabolites, 5 x 5 folds"),
        ("tumor_normal", "Tumour or normal tissue from metabolites, 5 x 5 folds"),
        ("plasma", "Breast cancer from metabolites in plasma, 5 x 5 folds (no aim: look at the last line)"),
    ):
        task = result("accuracy_classes")["parts"][part]
        lines += [
            f"**{what}** (`classes.py`; mean and standard deviation over folds)",
            "",
            "| model | ROC AUC | log loss | accuracy | balanced accuracy |",
            "| --- | --- | --- | --- | --- |",
        ]
        for name, score in task["scores"].items():
            cells = [mean_and_spread(score, key) for key in ("roc_auc", "log_loss", "accuracy", "balanced_accuracy")]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
        if "reject" in task:
            lines += [*refusals(task["reject"]), ""]
    return lines


def refusals(found: dict[str, Any]) -> list[str]:
    """Return what two thresholds did that were chosen on inner folds."""
    coverage, promise = found["for_coverage"], found["for_error_rate"]
    said = (
        f"Right without refusing: {found['accuracy_without_rejection']:.1%}. The threshold that was to answer 80 % of "
        f"the rows answered {coverage['coverage']:.1%}, {coverage['accuracy']:.1%} of them right."
    )
    if promise["accuracy"] is not None:
        said += (
            f" The threshold that promised {found['wanted_error_rate']:.0%} wrong answers answered "
            f"{promise['coverage']:.1%}, {1 - promise['accuracy']:.1%} of them wrong."
        )
    return [said.replace("%", " %").replace("  %", " %")]


def mean_and_spread(score: dict[str, Any], name: str) -> str:
    """Return mean and standard deviation over folds of a score."""
    found = score[name]
    return f"{found['mean']:.3f} ± {found['sd']:.3f}"


def network_tables() -> list[str]:
    """Return a table of networks beside trees per task."""
    lines = []
    for name, part, what in (
        ("unalloyed", "random", "unalloyed, random 5-fold"),
        ("unalloyed", "unseen_elements", "unalloyed, hold-out of unseen elements"),
        ("alloyed", "random", "alloyed, random 5-fold"),
    ):
        content = result(f"accuracy_networks_{name}")
        task = content[part]
        lines += [
            f"**Networks beside trees: E_hull of perovskites, {what}** (`networks.py`, {content['unit']})",
            "",
            "| model | MAE | median | R2 | MAE to extra trees |",
            "| --- | --- | --- | --- | --- |",
        ]
        for model, score in task["scores"].items():
            found = task["difference_to_extra_trees"].get(model)
            ratio = "" if found is None else difference({"difference_to_extra_trees": found})
            lines.append(f"| {model} | {score['mae']:.3g} | {score['median_ae']:.3g} | {score['r2']:.3f} | {ratio} |")
        lines.append("")
    return lines


def tasks() -> list[tuple[str, dict[str, Any], str]]:
    """Return what was measured: a phrase, the scores, the script."""
    unalloyed = result("accuracy_perovskites_unalloyed")
    parts = {
        "random": "E_hull of unalloyed perovskites, random 5-fold",
        "unseen_elements": "the same, hold-out of unseen elements",
        "left_out_elements": "the same, ten groups of elements left out",
    }
    found = [
        ("E_hull of alloyed perovskites, random 5-fold", result("accuracy_perovskites_alloyed"), "perovskites_alloyed")
    ]
    found += [
        (phrase, {**unalloyed[part], "unit": unalloyed["unit"]}, "perovskites_unalloyed")
        for part, phrase in parts.items()
    ]
    for name, phrase in (("steels", "yield strength of steels"), ("expt_gap", "measured band gaps")):
        found.append((f"{phrase}, official folds", result(f"accuracy_matbench_{name}"), "matbench"))
    return found


def difference(task: dict[str, Any]) -> str:
    """Return the paired difference to extra trees with its interval."""
    found = task["difference_to_extra_trees"]
    return f"{found['percent']:+.1f} % [{found['low']:+.1f}, {found['high']:+.1f}]".replace("-", "−")


def evidence_tables() -> list[str]:
    """Return what the evidence says of each real table."""
    results = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((RESULTS / "evidence").glob("*.json"))]
    lines = [
        "| table | rows | random MAE | unseen elements MAE | in 90 % intervals, random | unseen elements | "
        "outside / inside |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for content in results:
        scores = {line["split"]: line for line in content["scores"] if line["role"] == "model"}
        random, element = scores["random"], scores.get("element")
        domain = content["domain"]["random"]
        outside = domain.get("outside", {}).get("n_predictions", 0)
        ratio = f"{domain['ratio']:.1f}x ({outside:.0f} rows)" if outside >= 10 else f"{outside:.0f} outside: too few"
        unseen = "no such split", "no such split"
        if element is not None:
            unseen = with_ends(element, "mae"), f"{element['coverage']:.1%}"
        coverage = f"{random['coverage']:.1%} [{random['coverage_low']:.1%}, {random['coverage_high']:.1%}]"
        lines.append(
            f"| {content['data']['name']} | {random['n_rows']} | {with_ends(random, 'mae')} "
            f"{content['data']['unit']} | {unseen[0]} | {coverage} | {unseen[1]} | {ratio} |"
        )
    lines += ["", "| table | budget | time | peak memory | report | first sentence of the report |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for content in results:
        lines.append(
            f"| {content['data']['name']} | {content['budget_s']:.0f} s | {content['seconds']:.0f} s | "
            f"{content['peak_memory_bytes'] / 1e9:.1f} GB | {content['file_bytes']['report.html'] / 1e6:.1f} MB | "
            f"{content['headline'][0]} |"
        )
    return lines


def with_ends(score: dict[str, Any], name: str) -> str:
    """Return a score with the ends of its interval."""
    return f"{score[name]:.3g} [{score[f'{name}_low']:.3g}, {score[f'{name}_high']:.3g}]"


def result(name: str) -> dict[str, Any]:
    """Read a result."""
    content: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return content


def replace(page: Path, lines: list[str]) -> None:
    """Put lines between the markers of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{START}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
