"""Other people's optimisers on the search of system 27: the same objective, the same number of evaluations.

The space is the schedules of five steps without analytic first step: three free decisions a step (prediction, order, corrector), a
relaxation, and four nodes. Each optimiser gets the same budget as ours; what counts is the error on samples that none of them saw,
in the median of three seeds. Prints a table, writes it as JSON, and ends with 0 (ours is at least as good as each), 1 (one is
better) or 3 (something was not checked).
"""

import argparse
import json
import logging
import math
import os
import pathlib
import statistics
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
NFE, BUDGET, SEEDS = 5, 300, (1, 2, 3)


class Ours:
    """The example `search_side` of ansatz-diffusion."""

    def __init__(self, root):
        cargo = os.environ.get("CARGO", "cargo")
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "search_side"]
        subprocess.run([cargo, "build", *words], cwd=root, check=True)
        self.root, self.command = root, [cargo, "run", *words, "--"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.server = subprocess.Popen([*self.command, "score"], cwd=root, **pipes)

    def score(self, schedule):
        print(json.dumps(schedule), file=self.server.stdin, flush=True)
        line = self.server.stdout.readline()
        if not line:
            raise RuntimeError("our side has ended")
        return tuple(map(float, line.split()))

    def search(self, seed):
        words = [*self.command, "search", str(NFE), str(BUDGET), str(seed)]
        output = subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=True).stdout
        return tuple(map(float, output.split()))

    def close(self):
        self.server.stdin.close()
        self.server.wait()


def time_of(lam):
    """The time of half the log signal-to-noise ratio, for β from 0.1 to 20."""
    u = 2 * 19.9 * max(-2 * lam, 0) + 2 * 19.9 * math.log1p(math.exp(-abs(2 * lam)))
    return u / ((math.sqrt(0.01 + u) + 0.1) * 19.9)


FROM, TO = -5.024978406659204, 4.557714932729898


def schedule(gaps, orders, noise, corrected, relaxations):
    """A solver schedule as JSON: `gaps` are the relative lengths of the steps in λ, as logarithms."""
    sizes = [math.exp(max(-3, min(3, gap))) for gap in gaps]
    total, passed, nodes = sum(sizes), 0.0, [1.0]
    for size in sizes[:-1]:
        passed += size
        nodes.append(time_of(FROM + (TO - FROM) * passed / total))
    nodes.append(1e-3)
    steps = []
    for i in range(NFE):
        order = min(orders[i], i + 1)
        active = list(range(2, order + 1))
        step = {
            "prediction": "noise" if noise[i] else "data",
            "order": order,
            "start": 1,
            "derivatives": [{"active": active} for _ in range(order - 1)],
            "relaxation": relaxations[i],
        }
        if corrected[i] and i + 1 < NFE:
            step["corrector"] = {"implicit": False}
        steps.append(step)
    return {"format": "ansatz solver schedule", "version": 1, "schedule": "vp-linear", "nodes": nodes, "afs": None, "steps": steps}


class Budget:
    """Counts evaluations and keeps the best on the search's samples."""

    def __init__(self, ours):
        self.ours, self.best, self.count = ours, (math.inf, math.inf), 0

    def __call__(self, *decisions):
        if self.count < BUDGET:
            self.count += 1
            score = self.ours.score(schedule(*decisions))
            self.best = min(self.best, score)
            return math.log(score[0])
        return 20.0


def from_vector(x):
    """Decisions from 25 numbers near 0: the discrete ones by rounding."""
    part = lambda i: [float(v) for v in x[NFE * i:NFE * (i + 1)]]
    orders = [1 if v < -0.5 else 2 if v < 0.5 else 3 for v in part(1)]
    return part(0), orders, [v > 0 for v in part(2)], [v > 0 for v in part(3)], [0.1 * v for v in part(4)]


def with_cma(objective, seed):
    import cma

    search = cma.CMAEvolutionStrategy([0.0] * (5 * NFE), 0.5, {"seed": seed, "verbose": -9, "maxfevals": BUDGET})
    search.optimize(lambda x: objective(*from_vector(x)))


def with_nevergrad(objective, seed):
    import nevergrad
    import numpy

    each = lambda values: nevergrad.p.Tuple(*(nevergrad.p.Choice(values) for _ in range(NFE)))
    array = lambda: nevergrad.p.Array(shape=(NFE,)).set_mutation(sigma=0.5)
    space = nevergrad.p.Instrumentation(array(), each([1, 2, 3]), each([False, True]), each([False, True]), array())
    space.random_state = numpy.random.RandomState(seed)
    search = nevergrad.optimizers.NGOpt(parametrization=space, budget=BUDGET)
    search.minimize(lambda g, o, n, c, r: objective(g.tolist(), o, n, c, (0.1 * r).tolist()))


def with_optuna(objective, seed):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def trial(t):
        every = lambda make: [make(i) for i in range(NFE)]
        return objective(
            every(lambda i: t.suggest_float(f"gap{i}", -1.5, 1.5)),
            every(lambda i: t.suggest_int(f"order{i}", 1, 3)),
            every(lambda i: t.suggest_categorical(f"noise{i}", [False, True])),
            every(lambda i: t.suggest_categorical(f"corrected{i}", [False, True])),
            every(lambda i: t.suggest_float(f"relaxation{i}", -0.3, 0.3)),
        )

    optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True)).optimize(trial, n_trials=BUDGET)


def with_smac(objective, seed):
    logging.disable(logging.WARNING)
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
    from smac import HyperparameterOptimizationFacade, Scenario

    space = ConfigurationSpace(seed=seed)
    for i in range(NFE):
        space.add([Float(f"gap{i}", (-1.5, 1.5)), Integer(f"order{i}", (1, 3)), Float(f"relaxation{i}", (-0.3, 0.3))])
        space.add([Categorical(f"{name}{i}", [False, True]) for name in ("noise", "corrected")])

    def target(config, seed=0):
        every = lambda name, kind: [kind(config[f"{name}{i}"]) for i in range(NFE)]
        return objective(every("gap", float), every("order", int), every("noise", bool), every("corrected", bool), every("relaxation", float))

    scenario = Scenario(space, deterministic=True, n_trials=BUDGET, seed=seed)
    HyperparameterOptimizationFacade(scenario, target, overwrite=True, logging_level=False).optimize()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    os.chdir(args.out)
    own = [ours.search(seed) for seed in SEEDS]
    error = statistics.median(held_out for _, held_out in own)
    rows = []

    def add(peer, what, verdict, detail):
        rows.append({"peer": peer, "what": what, "verdict": verdict, "detail": detail})
        print("  ".join([verdict.ljust(11), peer.ljust(9), what, detail]), flush=True)

    what = f"gmm8, {NFE} calls, {BUDGET} evaluations"
    for name, optimiser in (("cma", with_cma), ("nevergrad", with_nevergrad), ("optuna", with_optuna), ("smac", with_smac)):
        try:
            found = []
            for seed in SEEDS:
                objective = Budget(ours)
                optimiser(objective, seed)
                found.append(objective.best[1])
        except ImportError as missing:
            add(name, what, "not checked", str(missing))
            continue
        theirs = statistics.median(found)
        detail = f"error on other samples {error:.2e} for {theirs:.2e}, ratio {error / theirs:.2f}"
        add(name, what, "agrees" if error <= theirs else "DISAGREES", detail)
    ours.close()
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "27", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
