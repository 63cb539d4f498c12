#!/usr/bin/env python3
"""A whole article, translated and summarised: diglot beside llama.cpp's server, on the same prompts.

diglot tells its prompts (`diglot bench --prompts`), as token ids. The server gets each with the same limit,
answers greedily as diglot does, and keeps its prompt cache, so that what prompts begin with is read once a
slot. Requests that diglot may answer together are sent together; a later round waits for the one before.
Loading counts for neither. First every number of slots is tried once, with repacked weights and without; the
best ones are then measured against diglot, round by round, each time on a server that was just started.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from peers import RESULTS, progress, run, summary, write

# How many settings of the server go into the rounds.
FINALISTS = 2


def main():
    options = arguments()
    variants = dict(options.variant or [variant("diglot")])
    prompts = ask_prompts(options, next(iter(variants.values())))
    trials = [(repack, slots) for repack in [0, 1] for slots in options.slots]
    tried = {trial: server(options, prompts, *trial) for trial in trials}
    finalists = sorted(tried, key=lambda trial: tried[trial]["both"])[:FINALISTS]

    runs = {name: [] for name in [*variants, *map(setting, finalists)]}
    for number in range(1, options.rounds + 1):
        progress(f"round {number} of {options.rounds}")
        for name, extra in variants.items():
            runs[name].append(diglot(options, extra))
        for trial in finalists:
            runs[setting(trial)].append(server(options, prompts, *trial))

    results = collect(options, prompts, variants, runs)
    results["tried"] = {setting(trial): found["both"] for trial, found in tried.items()}
    write(RESULTS / f"{options.name}.json", results)
    print(table(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("article", type=Path, help="a text file")
    parser.add_argument("--diglot", required=True, type=Path, help="the diglot binary of a release build")
    parser.add_argument("--llama", required=True, type=Path, help="the folder of llama-server")
    parser.add_argument("--model", required=True, type=Path, help="a GGUF file that a card knows")
    parser.add_argument("--lang", default="en", help="the language to translate into")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slots", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2, 4, 8, 16])
    parser.add_argument(
        "--variant",
        action="append",
        type=variant,
        metavar="NAME=ARGS",
        help="measure diglot with more arguments of `diglot bench`; may be repeated",
    )
    parser.add_argument("--name", default="article", help="of the result file")
    return parser.parse_args()


def variant(words):
    name, _, extra = words.partition("=")
    return name, extra


def setting(trial):
    repack, slots = trial
    return f"llama.cpp, {slots} slots, --repack {repack}"


def bench(options, extra, *what):
    command = [options.diglot, "bench", "--quiet", "--model", options.model, "--threads", options.threads]
    command += ["--article", options.article, "--lang", options.lang, *extra.split(), *what]
    return json.loads(run(command)[0])


def ask_prompts(options, extra):
    progress("asking diglot for its prompts")
    return bench(options, extra, "--prompts")


def diglot(options, extra):
    """Seconds of one article, and the tokens written."""
    report = bench(options, extra, "--only", "article", "--rounds", 1, "--json")
    seconds = {measure["name"]: measure["median"] for measure in report["measures"]}
    return {
        "translate": seconds["article, translation"],
        "summarize": seconds["article, summary"],
        "both": seconds["article, both"],
        "tokens": report["article"]["output_tokens"],
    }


def server(options, prompts, repack, slots):
    """The same of a server that is started for it."""
    progress(f"{setting((repack, slots))}: starting")
    found = {"translate": 0.0, "summarize": 0.0, "tokens": 0, "equal": 0}
    with started(options, prompts, repack, slots) as address, ThreadPoolExecutor(slots) as senders:
        for turn in prompts["rounds"]:
            begun = time.monotonic()
            ask = partial(complete, address, prompts["stop_at_line_break"])
            answers = list(senders.map(ask, turn["prompts"]))
            found[turn["task"]] += time.monotonic() - begun
            for prompt, answer in zip(turn["prompts"], answers):
                found["tokens"] += answer["tokens_predicted"]
                found["equal"] += answer["content"].strip() == prompt["answer"].strip()
    found["both"] = found["translate"] + found["summarize"]
    return found


@contextmanager
def started(options, prompts, repack, slots):
    """The address of a server that is ready, and ended afterwards."""
    every = [prompt for turn in prompts["rounds"] for prompt in turn["prompts"]]
    room = max(len(prompt["tokens"]) + prompt["max_tokens"] for prompt in every) + 64
    port = free_port()
    command = [options.llama / "llama-server", "-m", options.model, "--host", "127.0.0.1", "--port", port]
    command += ["-t", options.threads, "-tb", options.threads, "-np", slots, "-c", slots * room]
    command += ["--repack" if repack else "--no-repack"]
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(process, address)
        yield address
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(process, address):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"llama-server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit("llama-server was not ready after 300 s")


def complete(address, stop_at_line_break, prompt):
    body = {
        "prompt": prompt["tokens"],
        "n_predict": prompt["max_tokens"],
        "temperature": prompt["temperature"],
        "cache_prompt": True,
        "stop": ["\n"] if stop_at_line_break else [],
    }
    request = urllib.request.Request(
        f"{address}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=1800) as response:
        return json.load(response)


def collect(options, prompts, variants, runs):
    """Medians over the rounds; ratios are to llama.cpp's best setting, below 1 where diglot is faster."""
    programs = {
        name: {
            **{key: summary([run[key] for run in found]) for key in ["translate", "summarize", "both"]},
            "tokens": found[-1]["tokens"],
            "equal": found[-1].get("equal"),
        }
        for name, found in runs.items()
    }
    peers = [name for name in programs if name not in variants]
    best = min(peers, key=lambda name: programs[name]["both"]["median"])
    for name in variants:
        programs[name]["ratio"] = programs[name]["both"]["median"] / programs[best]["both"]["median"]
    turns = prompts["rounds"]
    return {
        "article": options.article.name,
        "model": prompts["model"],
        "threads": options.threads,
        "rounds": options.rounds,
        "prompts": sum(len(turn["prompts"]) for turn in turns),
        "prompt_tokens": sum(len(prompt["tokens"]) for turn in turns for prompt in turn["prompts"]),
        "best": best,
        "programs": programs,
    }


def table(results):
    rows = [
        f"{results['article']}: {results['prompts']} prompts of {results['prompt_tokens']} tokens together",
        "",
        "| | translation | summary | both | tokens written | answers as diglot's | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in results["programs"].items():
        seconds = [f"{found[key]['median']:.1f} s" for key in ["translate", "summarize", "both"]]
        equal = "" if found["equal"] is None else f"{found['equal']} of {results['prompts']}"
        ratio = f"{found['ratio']:.2f}" if "ratio" in found else "1" if name == results["best"] else ""
        rows.append(f"| {name} | {' | '.join(seconds)} | {found['tokens']} | {equal} | {ratio} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
