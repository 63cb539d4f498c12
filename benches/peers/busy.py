#!/usr/bin/env python3
"""How much decoding slows while another process keeps every core busy. A pool whose threads wait for each other
loses tenfold; in fair shares it is twofold."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from peers import RESULTS, progress, run, summary, write

SPIN = [sys.executable, "-c", "while True: pass"]


def main():
    options = arguments()
    lines = {}
    for number in range(1, options.rounds + 1):
        progress(f"round {number} of {options.rounds}")
        add(lines, "idle", decoding(options))
        busy = [subprocess.Popen(SPIN) for _ in range(options.threads)]
        try:
            add(lines, "busy", decoding(options))
        finally:
            for process in busy:
                process.kill()
                process.wait()
    results = {name: {state: summary(values) for state, values in states.items()} for name, states in lines.items()}
    write(RESULTS / f"{options.name}.json", results)
    for name, states in results.items():
        idle, slow = states["idle"]["median"], states["busy"]["median"]
        print(f"{name}: {idle:.1f} tokens/s alone, {slow:.1f} beside {options.threads} busy processes, {idle / slow:.2f} times slower")


def add(lines, state, speeds):
    for name, speed in speeds.items():
        lines.setdefault(name, {}).setdefault(state, []).append(speed)


def decoding(options):
    command = [options.diglot, "bench", "--json", "--quiet", "--rounds", 1, "--only", "decode"]
    text, _ = run([*command, "--threads", options.threads, "--model", options.model])
    measures = json.loads(text)["measures"]
    return {measure["name"]: measure["median"] for measure in measures if measure["name"].startswith("decode ")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--diglot", required=True, type=Path, help="the diglot binary of a release build")
    parser.add_argument("--model", required=True, type=Path, help="a GGUF file")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--name", default="busy", help="of the result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
