#!/usr/bin/env python3
"""diglot beside llama.cpp (and candle) on the same files, threads and work, in one run.

Each round measures one program after the other, llama.cpp with repacked weights and without, so that what
else the machine does falls on all alike. Of llama.cpp each line shows the setting whose median is best.
"""

import argparse
import json
import os
import time
from collections import defaultdict
from pathlib import Path

from peers import RESULTS, progress, run, summary, write

PREFILL, DEEP, MEMORY = "prefill 512", "decode 1 at 512", "peak memory"
BATCHES = [1, 4, 8, 16]
# The work of `diglot bench`: positions before decoding, and tokens that each row then gets.
DEPTH, STEPS = 128, 64


def main():
    options = arguments()
    results = {
        "name": options.name,
        "date": time.strftime("%Y-%m-%d"),
        "threads": options.threads,
        "rounds": options.rounds,
        "load": [os.getloadavg()[0]],
        "models": [],
    }
    for model in options.model:
        results["models"].append(compare(options, model))
        results["load"].append(os.getloadavg()[0])
        # Written after each model, so that an interrupted run keeps what it has.
        write(RESULTS / f"{options.name}.json", results)
    print(table(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--diglot", required=True, type=Path, help="the diglot binary of a release build")
    parser.add_argument("--llama", required=True, type=Path, help="the folder of llama-bench")
    parser.add_argument("--candle", type=Path, help="the decode benchmark: `cargo bench --bench decode --no-run`")
    parser.add_argument("--model", required=True, type=Path, nargs="+", help="GGUF files")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--name", default="speed", help="of the result file")
    return parser.parse_args()


def compare(options, model):
    """All lines of one model file."""
    # values[engine][setting][line]: one value a round
    values = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))

    def add(engine, setting, lines):
        for line, value in lines.items():
            values[engine][setting][line].append(value)

    for number in range(1, options.rounds + 1):
        progress(f"{model.name}: round {number} of {options.rounds}")
        report, lines = diglot(options, model)
        add("diglot", "diglot", lines)
        for repack in [0, 1]:
            add("llama.cpp", f"llama-bench --repack {repack}", llama_bench(options, model, repack))
            add("llama.cpp", f"llama-batched-bench --repack {repack}", llama_batched(options, model, repack))
        if options.candle:
            add("candle", "candle", candle(options, model))
    return {
        "model": report["model"],
        "file": report["file"],
        "processor": report["processor"],
        "kernel": report["kernel"],
        "diglot": report["diglot"],
        "formats": report["formats"],
        "lines": [line(name, values) for name in [PREFILL, *map(decode, BATCHES), DEEP, MEMORY]],
    }


def decode(rows):
    return f"decode {rows}"


def line(name, values):
    """Each engine's numbers for one line, with its best setting; the ratio is above 1 where diglot is better."""
    pick = min if name == MEMORY else max
    found = {"name": name, "unit": "bytes" if name == MEMORY else "tokens/s", "engines": {}}
    for engine, settings in values.items():
        tried = {setting: summary(lines[name]) for setting, lines in settings.items() if lines[name]}
        if tried:
            best = pick(tried, key=lambda setting: tried[setting]["median"])
            found["engines"][engine] = {"setting": best, **tried[best], "tried": tried}
    ours = found["engines"]["diglot"]["median"]
    theirs = found["engines"]["llama.cpp"]["median"]
    found["ratio"] = theirs / ours if name == MEMORY else ours / theirs
    return found


def diglot(options, model):
    command = [options.diglot, "bench", "--json", "--quiet", "--rounds", 1, "--only", "prefill,decode,deep"]
    text, memory = run([*command, "--threads", options.threads, "--model", model])
    report = json.loads(text)
    return report, {**medians(report), MEMORY: memory}


def candle(options, model):
    text, memory = run([options.candle, model, "--candle"], CANDLE_NUM_THREADS=str(options.threads))
    return {**medians(json.loads(text)), MEMORY: memory}


def medians(report):
    return {measure["name"]: measure["median"] for measure in report["measures"]}


def llama_bench(options, model, repack):
    def speeds(*work):
        command = [options.llama / "llama-bench", "-m", model, "-t", options.threads, "-r", 1, "-o", "json"]
        text, _ = run([*command, "--repack", repack, *work])
        return {test["n_depth"]: test["avg_ts"] for test in json.loads(text)}

    prefill = speeds("-p", 512, "-n", 0)
    decoding = speeds("-p", 0, "-n", STEPS, "-d", f"{DEPTH},512")
    return {PREFILL: prefill[0], decode(1): decoding[DEPTH], DEEP: decoding[512]}


def llama_batched(options, model, repack):
    threads = options.threads
    command = [options.llama / "llama-batched-bench", "-m", model, "-c", 4096, "-t", threads, "-tb", threads]
    command += ["-npp", DEPTH, "-ntg", STEPS, "-npl", ",".join(map(str, BATCHES)), "-pps"]
    command += ["--output-format", "jsonl", "--repack" if repack else "--no-repack"]
    text, memory = run(command)
    tests = [json.loads(row) for row in text.splitlines() if row.startswith("{")]
    return {**{decode(test["pl"]): test["speed_tg"] for test in tests}, MEMORY: memory}


def table(results):
    """The medians as Markdown."""
    rows = []
    for model in results["models"]:
        engines = list(model["lines"][0]["engines"])
        rows += [f"| {model['model']} | {' | '.join(engines)} | ratio | llama.cpp's setting |"]
        rows += ["|---" * (len(engines) + 3) + "|"]
        for line in model["lines"]:
            cells = [cell(line, engine) for engine in engines]
            setting = line["engines"]["llama.cpp"]["setting"]
            rows.append(f"| {line['name']} | {' | '.join(cells)} | {line['ratio']:.2f} | `{setting}` |")
        rows.append("")
    return "\n".join(rows)


def cell(line, engine):
    if engine not in line["engines"]:
        return "–"
    median = line["engines"][engine]["median"]
    return f"{median / 1e9:.2f} GB" if line["unit"] == "bytes" else f"{median:.3g}"


if __name__ == "__main__":
    main()
