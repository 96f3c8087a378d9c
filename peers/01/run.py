"""Other people's software on the inputs of system 01: Arb, Sollya, and the reference CMA-ES.

Prints a table, writes it as JSON, and ends with 0 (all agree), 1 (something disagrees) or 3 (something was not checked).
"""

import argparse
import json
import pathlib
import sys

import arb_peer
import cma_peer
import sollya_peer
from ours import Ours


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    parser.add_argument("--front", type=pathlib.Path, help="folder of a discovery, with front.json")
    parser.add_argument("--points", type=int, default=10_000, help="random points a function")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    root = pathlib.Path(__file__).resolve().parents[2]
    ours = Ours(root)
    rows = []
    for peer in (
        lambda: arb_peer.values(ours, args.points),
        lambda: arb_peer.published(ours),
        lambda: arb_peer.front(args.front or root / "evidence" / "01"),
        lambda: sollya_peer.polynomials(ours),
        lambda: cma_peer.evaluations(ours),
    ):
        for row in peer():
            rows.append(row)
            print("  ".join([row["verdict"].ljust(11), row["peer"].ljust(7), row["what"].ljust(38), row["detail"]]), flush=True)
    path = args.out / "result.json"
    path.write_text(json.dumps({"format": "ansatz peers", "version": 1, "system": "01", "rows": rows}, indent=1) + "\n")
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("agrees", "DISAGREES", "not checked")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), "-", path)
    return 1 if counts["DISAGREES"] else 3 if counts["not checked"] else 0


if __name__ == "__main__":
    sys.exit(main())
