"""Our side of the comparisons, and the rows that they give."""

import os
import pathlib
import subprocess

import numpy


class Ours:
    """Runs the example `log_bessel_side` of ansatz-functions on points in `folder`."""

    def __init__(self, root, folder):
        self.folder = folder
        command = ["build", "--quiet", "--release", "-p", "ansatz-functions", "--example", "log_bessel_side"]
        subprocess.run([os.environ.get("CARGO", "cargo"), *command], cwd=root, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.program = target / "release" / "examples" / "log_bessel_side"

    def __call__(self, function, v, x, mode="strict"):
        """Values, and the nanoseconds a value that they took on one thread, the median of three."""
        points, values = self.folder / "points.bin", self.folder / "values.bin"
        numpy.concatenate([v, x]).tofile(points)
        command = [str(self.program), function, mode, str(points), str(values), "3"]
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        if output.returncode != 0:
            raise RuntimeError(output.stderr.strip() or f"exit code {output.returncode}")
        return numpy.fromfile(values), float(numpy.median([float(word) for word in output.stdout.split()]))


def row(peer, what, holds, detail):
    return {"peer": peer, "what": what, "verdict": "agrees" if holds else "DISAGREES", "detail": detail}


def not_checked(peer, what, reason):
    return {"peer": peer, "what": what, "verdict": "not checked", "detail": str(reason)}
