"""What a trial draws: a function of its number, of the trials before it, and of nothing else.

Optuna's sampler keeps a random state that runs on from trial to trial, so a search that is continued draws otherwise
than one that never stopped. Here every trial gets a fresh sampler, seeded by the number of the trial, which is shown
the finished trials before it in the order of their numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState, create_trial

from matterlearn.core.parallel import item_seed
from matterlearn.search.results import COMPLETE, FAILED, PRUNED
from matterlearn.search.space import Choice, Dimension, Drawn, Integer, is_active, parameters_of


@dataclass(frozen=True)
class Past:
    """A trial that others draw by.

    Attributes
    ----------
    drawn : mapping of str to object
        What it drew.
    state : str
        "complete", "pruned", "failed" or "running".
    score : float or None
        Mean over all folds, of complete trials.
    means : mapping of int to float
        Number of a fold -> mean score of the folds so far.
    """

    drawn: Drawn
    state: str
    score: float | None = None
    means: Mapping[int, float] = field(default_factory=dict)


RUNNING = "running"
"""State of a trial whose score is not known yet."""


def sampler_settings(space: Mapping[str, Dimension], n_startup_trials: int) -> dict[str, Any]:
    """Return all that the sampler is made with, but for the seed.

    Parameters
    ----------
    space : mapping of str to Integer, Float or Choice
        What varies. Where there are conditions, parameters that occur together are drawn together (`group`).
    n_startup_trials : int
        Trials that are finished before it learns from them; those before are drawn at random.

    Examples
    --------
    >>> sampler_settings({"width": Integer(1, 9)}, 10)["n_ei_candidates"]
    24
    """
    return {
        "n_startup_trials": int(n_startup_trials),
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": any(dimension.when for dimension in space.values()),
        "constant_liar": True,
    }


def draw(
    space: Mapping[str, Dimension], settings: Mapping[str, Any], seed: int, number: int, past: Sequence[Past]
) -> Drawn:
    """Return what a trial draws.

    Parameters
    ----------
    space : mapping of str to Integer, Float or Choice
        In an order in which parameters follow those that their conditions name.
    settings : mapping
        Of the sampler.
    seed : int
        Seed of the search.
    number : int
        Number of the trial.
    past : sequence of Past
        What it may know of others. Running ones count as bad ("constant liar"), so that trials that are proposed
        together lie apart.

    Returns
    -------
    dict of str to int, float or str
        Numbers, and labels of options; of parameters whose conditions hold.

    Examples
    --------
    >>> space = {"width": Integer(1, 100), "optimizer": Choice(["adam", "sgd"])}
    >>> settings = sampler_settings(space, 10)
    >>> draw(space, settings, 0, 3, []) == draw(space, settings, 0, 3, []) != draw(space, settings, 0, 4, [])
    True
    """
    with quiet_optuna():
        sampler = optuna.samplers.TPESampler(**settings, seed=item_seed(seed, "trial", number))
        study = _study_of(space, past, sampler)
        trial = study.ask()
        drawn: Drawn = {}
        for name, dimension in space.items():
            if not is_active(dimension, parameters_of(space, drawn)):
                continue
            if isinstance(dimension, Choice):
                drawn[name] = trial.suggest_categorical(name, dimension.labels)
            elif isinstance(dimension, Integer):
                drawn[name] = trial.suggest_int(
                    name, dimension.low, dimension.high, step=dimension.step, log=dimension.log
                )
            else:
                drawn[name] = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return drawn


def is_below_median(past: Sequence[Past], fold: int, mean: float, n_startup_trials: int) -> bool:
    """Tell whether a trial is worse than half of the complete ones were after as many folds (Optuna's `MedianPruner`).

    Parameters
    ----------
    past : sequence of Past
        The trials before it.
    fold : int
        Number of the fold that was scored last.
    mean : float
        Mean score of the folds so far. Only this one counts: the best of all, which the pruner would take, is that of
        the easiest first folds.
    n_startup_trials : int
        Complete trials that are needed to judge.

    Examples
    --------
    >>> past = [Past({}, "complete", score, {0: score}) for score in (0.5, 0.6, 0.7)]
    >>> [is_below_median(past, 0, mean, 3) for mean in (0.55, 0.65)]
    [True, False]
    """
    pruner = optuna.pruners.MedianPruner(n_startup_trials=n_startup_trials, n_warmup_steps=0, n_min_trials=1)
    with quiet_optuna():
        study = _study_of({}, past, optuna.samplers.RandomSampler(seed=0))
        trial = create_trial(state=TrialState.RUNNING, intermediate_values={fold: mean})
        return bool(pruner.prune(study, trial))


def distributions_of(space: Mapping[str, Dimension]) -> dict[str, BaseDistribution]:
    """Return the parameters of a space as Optuna has them; choices by their labels."""
    found: dict[str, BaseDistribution] = {}
    for name, dimension in space.items():
        if isinstance(dimension, Choice):
            found[name] = CategoricalDistribution(dimension.labels)
        elif isinstance(dimension, Integer):
            found[name] = IntDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
        else:
            found[name] = FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return found


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Let Optuna say nothing but errors in the block, and what it calls experimental be used without a warning."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # `group` of the sampler
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _study_of(space: Mapping[str, Dimension], past: Sequence[Past], sampler: Any) -> optuna.Study:
    """Return a study in memory that holds these trials."""
    study = optuna.create_study(direction="maximize", sampler=sampler)
    known = distributions_of(space)
    for trial in past:
        params = {name: value for name, value in trial.drawn.items() if name in known}
        study.add_trial(
            create_trial(
                state=_STATES[trial.state],
                value=trial.score if trial.state == COMPLETE else None,
                params=params,
                distributions={name: known[name] for name in params},
                intermediate_values=dict(trial.means),
            )
        )
    return study


# Optuna's sampler passes over trials that failed and would draw their like again. One that was given up before its
# first score is the worst there is.
_STATES = {
    COMPLETE: TrialState.COMPLETE,
    PRUNED: TrialState.PRUNED,
    FAILED: TrialState.PRUNED,
    RUNNING: TrialState.RUNNING,
}
