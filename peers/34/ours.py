"""The example `scheduler_side` of ansatz-diffusion, built once and run for each comparison."""

import os
import pathlib
import subprocess


class Ours:
    def __init__(self, root):
        words = ["--quiet", "--release", "-p", "ansatz-diffusion", "--example", "scheduler_side"]
        subprocess.run([os.environ.get("CARGO", "cargo"), "build", *words], cwd=root, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.program = target / "release/examples/scheduler_side"

    def __call__(self, start, *args):
        """The end states of a sampling, one a row."""
        import numpy as np

        given = "\n".join(" ".join(map(repr, row)) for row in start.tolist())
        output = subprocess.run([self.program, *map(str, args)], input=given, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return np.array([[float(x) for x in line.split()] for line in output.stdout.splitlines()])

    def clock(self, dim, steps):
        """A function that times one sampling without its model, in seconds."""
        process = subprocess.Popen(
            [self.program, "clock", str(dim), str(steps)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def once():
            process.stdin.write("\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        return once
