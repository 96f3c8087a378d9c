"""Evaluations until 1e-10: the CMA-ES of its author (the package cma) against ours, medians over 11 seeds."""

import statistics

from ours import not_checked, row

try:
    import cma
except ImportError as error:
    cma, MISSING = None, error


def sphere(x):
    return float(sum(v * v for v in x))


def ellipsoid(x):
    return float(sum(10 ** (6 * i / (len(x) - 1)) * v * v for i, v in enumerate(x)))


def rosenbrock(x):
    return float(sum(100 * (a * a - b) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:])))


FUNCTIONS = {"sphere": sphere, "ellipsoid": ellipsoid, "rosenbrock": rosenbrock}


def evaluations(ours):
    if cma is None:
        return [not_checked("cma", "evaluations", MISSING)]
    rows = []
    for name, n, population, start, step, count in ours("cma"):
        theirs = []
        for seed in range(1, 12):
            # Only the target may end a run, as on our side.
            options = {"seed": seed, "verbose": -9, "ftarget": 1e-10, "maxfevals": 400_000, "popsize": int(population),
                       "tolfun": 0, "tolx": 0, "tolfunhist": 0, "tolstagnation": 0}
            search = cma.CMAEvolutionStrategy([float(start)] * int(n), float(step), options)
            search.optimize(FUNCTIONS[name])
            theirs.append(search.result.evaluations if search.result.fbest <= 1e-10 else float("inf"))
        ratio = float(count) / statistics.median(theirs)
        detail = f"ours {count}, theirs {statistics.median(theirs):.0f}, ratio {ratio:.2f}"
        rows.append(row("cma", f"{name}, n = {n}, population {population}", 0.7 < ratio < 1.3, detail))
    return rows
