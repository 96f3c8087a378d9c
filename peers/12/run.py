"""Other people's software on the inputs of system 12: the flow-matching schedulers of diffusers, SciPy's solve_ivp.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)
# PyTorch is the system's: it is for the same Python, and much smaller than the one that pip would bring.
sys.path.append("/usr/lib/python3/dist-packages")
# The mixture is the one of the other comparison.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "03"))


class Ours:
    """Runs the example `peer_flow` of ansatz-diffusion on start states."""

    def __init__(self, root):
        self.root = root
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "peer_flow"]
        cargo = os.environ.get("CARGO", "cargo")
        subprocess.run([cargo, "build", *words], cwd=root, check=True)
        self.command = [cargo, "run", *words, "--"]

    def __call__(self, start, *args):
        import numpy as np

        given = "\n".join(" ".join(map(repr, row)) for row in start.tolist())
        output = subprocess.run([*self.command, *map(str, args)], cwd=self.root, input=given, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return np.array([np.array(line.split(), dtype=float) for line in output.stdout.splitlines()])


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}


def velocity(x, t):
    """ε − x̂_0 of gmm8 on the straight path, both apart, so that both ends have one."""
    import numpy as np

    import mixture

    alpha, sigma = 1 - t, t
    variance = alpha**2 * mixture.VARIANCES + sigma**2
    away = x[:, None, :] - alpha * mixture.MEANS[None]
    log = np.log(mixture.WEIGHTS) - 0.5 * mixture.D * np.log(variance) - 0.5 * (away**2).sum(-1) / variance
    share = np.exp(log - log.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    inner = (sigma - alpha * mixture.VARIANCES)[None, :, None] * away / variance[None, :, None] - mixture.MEANS[None]
    return (share[:, :, None] * inner).sum(1)


def schedulers(ours):
    """Euler and Heun of diffusers' flow matching, with and without its shift, and Euler towards noise."""
    try:
        import numpy as np
        import torch
        from diffusers import FlowMatchEulerDiscreteScheduler, FlowMatchHeunDiscreteScheduler

        import mixture
    except (ImportError, RuntimeError) as error:
        return [not_checked("diffusers", "flow matching", error)]
    noise = mixture.start(16)
    data = (mixture.MEANS + 0.2)[np.arange(16) % mixture.K]

    def walk(scheduler, x, calls):
        # They compute in single precision.
        x = torch.tensor(x, dtype=torch.float32)
        for time in scheduler.timesteps[:calls]:
            answer = torch.tensor(velocity(x.double().numpy(), float(time) / 1000), dtype=torch.float32)
            x = scheduler.step(answer, time, x).prev_sample
        return x.double().numpy()

    def compare(what, name, calls, start, x, times):
        difference = np.abs(ours(start, "steps", name, calls, *times) - x).max() / np.abs(x).max()
        return row("diffusers", what, difference < 1e-5, f"relative difference {difference:.1e}")

    rows = []
    for shift in (1.0, 3.0):
        for n in (8, 20, 50):
            scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
            scheduler.set_timesteps(n)
            x = walk(scheduler, noise, n)
            rows.append(compare(f"Euler, shift {shift}, {n} steps", "rf-1", 1, noise, x, scheduler.sigmas.tolist()))
            scheduler = FlowMatchHeunDiscreteScheduler(shift=shift)
            scheduler.set_timesteps(n)
            # Its last step is Euler's and is left out.
            x = walk(scheduler, noise, 2 * n - 2)
            times = list(dict.fromkeys(scheduler.sigmas.tolist()))[:-1]
            rows.append(compare(f"Heun, shift {shift}, {n - 1} steps", "heun", 2, noise, x, times))
    for n in (20, 50):
        scheduler = FlowMatchEulerDiscreteScheduler(invert_sigmas=True)
        scheduler.set_timesteps(n)
        # From the first level above no noise, where its list begins.
        x = walk(scheduler, data, n)
        rows.append(compare(f"Euler to noise, {n} steps", "rf-1", 1, data, x, scheduler.sigmas.tolist()))
    return rows


def exact(ours):
    """The exact flow both ways, by an explicit Runge–Kutta pair of order 8 in t."""
    try:
        import numpy as np
        from scipy.integrate import solve_ivp

        import mixture
    except ImportError as error:
        return [not_checked("scipy", "exact flow of gmm8", error)]
    slope = lambda t, x: velocity(x.reshape(-1, mixture.D), t).ravel()
    rows = []
    data = (mixture.MEANS + 0.2)[np.arange(8) % mixture.K]
    for what, start, ends in (("from noise", mixture.start(8), (1.0, 0.0)), ("to noise", data, (0.0, 1.0))):
        theirs = solve_ivp(slope, ends, start.ravel(), method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1].reshape(start.shape)
        difference = np.abs(ours(start, "exact", *ends) - theirs).max()
        rows.append(row("scipy", f"exact flow {what}, DOP853", difference < 1e-7, f"largest difference {difference:.1e}"))
        errors = [np.abs(ours(start, "steps", "rf-2", 2, *np.linspace(*ends, n + 1)) - theirs).max() for n in (400, 800)]
        order = np.log2(errors[0] / errors[1])
        detail = f"errors {errors[0]:.1e}, {errors[1]:.1e} with 400, 800 steps"
        rows.append(row("scipy", f"order 2 {what}", abs(order - 2) < 0.15, detail))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    ours = Ours(pathlib.Path(__file__).resolve().parents[2])
    rows = []
    for peer in (exact, schedulers):
        for result in peer(ours):
            rows.append(result)
            print("  ".join([result["verdict"].ljust(11), result["peer"].ljust(9), result["what"].ljust(30), result["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "12", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
