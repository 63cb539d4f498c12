#!/usr/bin/env python3
"""Summarises the articles in three ways and measures what came out.

    measure.py run --diglot target/release/diglot --model FILE.gguf --output FOLDER [NUMBER...]
    measure.py report --diglot target/release/diglot --output FOLDER

`run` writes FOLDER/<article>.<method>.json, for all articles or those whose numbers are given, and leaves alone what is
there. `report` prints ROUGE against the references (by `diglot eval`), how many summaries have the length that was asked
for, which facts of the last third of a long article (late-facts.tsv) reached the summary of that length and the one for
which no length was asked, and which numbers and capitalised words of the summaries the source does not have, with a
flag or without. The lead is the first sentences that the extractive method could have picked, as many as it did.
"""
import argparse
import csv
import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ARTICLES = sorted((HERE / "articles").glob("*.txt"))
METHODS = ["abstractive", "extractive"]
# Of the long articles also what comes when no length is asked for.
UNASKED = ["abstractive-unasked", "extractive-unasked"]


def is_long(article):
    return int(article.name[:2]) > 25


def asked(article):
    """The length that is asked for: all forms occur, and a long article gets twice as many sentences."""
    number = int(article.name[:2])
    if is_long(article):
        return "--sentences", 6
    if number > 20:
        return "--bullets", 4
    return ("--words", 60) if number > 15 else ("--sentences", 3)


def run(arguments):
    arguments.output.mkdir(parents=True, exist_ok=True)
    for article in ARTICLES:
        if arguments.number and article.name[:2] not in arguments.number:
            continue
        for name in METHODS + (UNASKED if is_long(article) else []):
            output = arguments.output / f"{article.stem}.{name}.json"
            if output.exists():
                continue
            method, *unasked = name.split("-")
            length, count = asked(article)
            command = [arguments.diglot, "summarize", "--quiet", "--method", method]
            command += [] if unasked else [length, str(count)]
            command += ["--model", arguments.model] if method == "abstractive" else []
            subprocess.run([*command, "--format", "json", "-o", output, article], check=True)


def load(folder, article, method):
    return json.loads((folder / f"{article.stem}.{method}.json").read_text(encoding="utf-8"))


def sentences(result):
    return result["summaries"][0]["sentences"]


def lead(result, count):
    ends = (".", "!", "?", "…", ".“", "!“", "?“")
    texts = [s["source"] for s in result["segments"] if s["kind"] == "text" and s["source"].endswith(ends)]
    return texts[:count]


def kept(article, summary):
    length, count = asked(article)
    if length == "--words":
        return sum(len(re.findall(r"\w[\w.,:'’-]*", s["text"])) for s in summary) <= count
    return len(summary) == count


def rouge(arguments, articles):
    folders = {}
    for name in ["source", "abstractive", "extractive", "lead", "references"]:
        folders[name] = arguments.output / "texts" / name
        folders[name].mkdir(parents=True, exist_ok=True)
        for old in folders[name].iterdir():
            old.unlink()
    for article in articles:
        texts = {m: [s["text"] for s in sentences(load(arguments.output, article, m))] for m in METHODS}
        texts["lead"] = lead(load(arguments.output, article, "extractive"), len(texts["extractive"]))
        reference = (HERE / "references" / "de" / article.name).read_text(encoding="utf-8")
        texts["references"] = re.split(r"(?<=[.!?]) (?=[A-ZÄÖÜ])", reference.strip())
        texts["source"] = article.read_text(encoding="utf-8").splitlines()
        for name, lines in texts.items():
            (folders[name] / article.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [arguments.diglot, "eval", "--quiet", "--task", "summary", "--lang", "de"]
    command += ["--source", folders["source"], "--reference", folders["references"]]
    command += ["--hypothesis", folders["abstractive"]]
    command += ["--against", folders["extractive"], "--against", folders["lead"]]
    subprocess.run(command, check=True)


def late_facts(arguments, articles):
    with open(HERE / "late-facts.tsv", encoding="utf-8") as file:
        facts = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for article in articles:
        own = [fact for fact in facts if fact["article"] == article.stem]
        text = article.read_text(encoding="utf-8")
        for fact in own:
            first = re.search(fact["pattern"], text)
            assert first and first.start() > len(text) * 2 / 3, f"not in the last third alone: {fact}"
        for method in METHODS + UNASKED if own else []:
            summary = " ".join(s["text"] for s in sentences(load(arguments.output, article, method)))
            reached = [fact["fact"] for fact in own if re.search(fact["pattern"], summary)]
            print(f"{article.stem} {method}: {len(reached)} of {len(own)} facts of the last third: {reached}")


def unknown(arguments, articles):
    """Numbers and capitalised words that the source lacks: the flags are judged by other rules than their own."""
    for article in articles:
        text = article.read_text(encoding="utf-8")
        lower = text.lower()
        for s in sentences(load(arguments.output, article, "abstractive")):
            flags = [f["detail"] for f in s["flags"] if f["kind"].startswith("unknown")]
            numbers = [n for n in re.findall(r"\d+(?:[.,:]\d+)*", s["text"]) if n not in text]
            words = [w for w in re.findall(r"(?<!^)\b[A-ZÄÖÜ][\w-]{2,}", s["text"]) if w.lower()[:6] not in lower]
            if numbers or words or flags:
                print(f"{article.stem}: lacking {numbers + words}, flagged {flags}")


def report(arguments):
    articles = [a for a in ARTICLES if all((arguments.output / f"{a.stem}.{m}.json").exists() for m in METHODS)]
    rouge(arguments, articles)
    for method in METHODS:
        misses = [a.stem for a in articles if not kept(a, sentences(load(arguments.output, a, method)))]
        print(f"length kept, {method}: {len(articles) - len(misses)} of {len(articles)} {misses}")
    cited = [bool(s["sources"]) for a in articles for s in sentences(load(arguments.output, a, "abstractive"))]
    print(f"abstractive sentences that cite: {sum(cited)} of {len(cited)}")
    late_facts(arguments, articles)
    unknown(arguments, articles)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for name, function in [("run", run), ("report", report)]:
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("--diglot", default="target/release/diglot")
        command.add_argument("--output", type=Path, required=True)
        if name == "run":
            command.add_argument("--model", required=True)
            command.add_argument("number", nargs="*")
    arguments = parser.parse_args()
    arguments.function(arguments)


main()
