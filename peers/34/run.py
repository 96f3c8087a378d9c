"""Other people's software on the inputs of system 34: the schedulers of diffusers, and what their steps cost.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import pathlib
import statistics
import sys
import time
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)
# PyTorch is the system's: it is for the same Python, and much smaller than the one that pip would bring.
sys.path.append("/usr/lib/python3/dist-packages")
# The mixture, written down for system 03.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "03"))

from ours import Ours

# Time of our step without the model, at most this share of theirs.
SHARE = 0.2


def row(what, verdict, detail):
    return {"peer": "diffusers", "what": what, "verdict": verdict, "detail": detail}


def verdict(holds):
    return "agrees" if holds else "DISAGREES"


def comparisons(ours):
    import numpy as np

    import mixture
    import schedulers

    start = mixture.start(16)
    draws = ours(np.zeros((0, 8)), "draws", 20, 8, 16).reshape(20, 16, 8)
    for family in (schedulers.multistep, schedulers.singlestep, schedulers.ddim, schedulers.exploding, schedulers.flow):
        for what, args, theirs, first, tolerance in family(start, draws):
            own = ours(first, *args)
            difference = np.abs(own - theirs).max() / np.abs(theirs).max()
            yield row(what, verdict(difference <= tolerance), f"relative difference {difference:.1e}, allowed {tolerance:.0e}")


def cost(ours, steps=20, rounds=41):
    """Steps of DPM-Solver++(2M) on a latent of 4 × 64 × 64, theirs in single and ours in double precision, in turn."""
    import torch
    from diffusers import DPMSolverMultistepScheduler

    torch.set_num_threads(1)
    once = ours.clock(4 * 64 * 64, steps)
    answers = [torch.randn(1, 4, 64, 64) for _ in range(steps)]

    def theirs():
        scheduler = DPMSolverMultistepScheduler()
        scheduler.set_timesteps(steps)
        x, took = torch.randn(1, 4, 64, 64), 0.0
        for label, answer in zip(scheduler.timesteps, answers):
            begun = time.perf_counter()
            x = scheduler.step(answer, label, x).prev_sample
            took += time.perf_counter() - begun
        return took

    pairs = [(once(), theirs()) for _ in range(rounds)][1:]
    own, other = (statistics.median(times) / steps for times in zip(*pairs))
    share = statistics.median(a / b for a, b in pairs)
    detail = f"{own * 1e6:.0f} µs for {other * 1e6:.0f} µs, share {share:.3f}, allowed {SHARE}"
    yield row("time of a step without the model, 4 × 64 × 64", verdict(share <= SHARE), detail)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    rows = []
    for peer in (comparisons, cost):
        try:
            for result in peer(ours):
                rows.append(result)
                print("  ".join([result["verdict"].ljust(11), result["what"].ljust(90), result["detail"]]), flush=True)
        except ImportError as error:
            rows.append(row(peer.__name__, "not checked", str(error)))
            print(f"not checked  {peer.__name__}: {error}")
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "34", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
