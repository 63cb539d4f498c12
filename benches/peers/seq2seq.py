#!/usr/bin/env python3
"""diglot beside CTranslate2 on an encoder-decoder of full size with random weights, both in 8 bits, in one run.

The model is made here by Python's transformers: a Marian of 6 and 6 layers, as OPUS-MT's are. Each round measures one
program after the other, so that what else the machine does falls on both alike. In the first round CTranslate2 tries
every setting; the best one of each line goes on, a second one too if it comes close, and the better median counts.

Needs ctranslate2, sentencepiece, torch and transformers from the Python index.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from peers import RESULTS, progress, run, summary, write

# The work of `diglot bench` on a folder (src/bench/translation.rs): texts of token ids, each of which gets as many
# tokens as it has.
TEXTS, TOKENS, STREAMED, BEAMS = 64, 30, 16, 4
LENGTHS = [5, 10, 15, 20, 30, 40, 60, 80]
LOAD, MEMORY = "load", "peak memory"
VOCAB = 58101
# Texts that CTranslate2 takes into one batch.
BATCHES = [8, 16, 32, 64]


def main():
    options = arguments()
    if options.measure:
        print(json.dumps(measure(options)))
        return
    if not (options.folder / "ct2").exists():
        make(options.folder)
    for results in compare(options):
        # Written after each round, so that an interrupted run keeps what it has.
        write(RESULTS / f"{options.name}.json", results)
    print(table(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--diglot", type=Path, help="the diglot binary of a release build")
    parser.add_argument("--folder", type=Path, required=True, help="where the model is, or is to be made (0.6 GB)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--name", default="seq2seq", help="of the result file")
    # Of the process that measures CTranslate2 once: workers, and the batch sizes that each line tries.
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(options):
    """The results after each round."""
    # values[engine][setting][line]: one value a round
    values = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    load = [os.getloadavg()[0]]
    settings = every_setting(options.threads)
    for number in range(1, options.rounds + 1):
        progress(f"round {number} of {options.rounds}")
        report, lines = diglot(options)
        for line, value in lines.items():
            values["diglot"]["diglot"][line].append(value)
        for workers in sorted({workers for tried in settings.values() for workers, _ in tried}):
            for line, setting, value in ctranslate2(options, workers, settings):
                values["CTranslate2"][setting][line].append(value)
        if number == 1:
            settings = best_settings(settings, values["CTranslate2"])
        load.append(os.getloadavg()[0])
        yield {
            "name": options.name,
            "date": time.strftime("%Y-%m-%d"),
            "processor": report["processor"],
            "kernel": report["kernel"],
            "diglot": report["diglot"],
            "threads": options.threads,
            "rounds": number,
            "load": load,
            "lines": [compared(line, values) for line in lines],
        }


def every_setting(threads):
    """The settings that each line may have: workers, each of an equal share of the threads, and the batch size."""
    workers = sorted({1, threads})
    searches = ["greedy", f"beam {BEAMS}"]
    return {
        **{name: [(count, batch) for count in workers for batch in BATCHES] for name in searches},
        # There is only one batch of each length.
        **{f"{name}, mixed": [(count, TEXTS // len(LENGTHS)) for count in workers] for name in searches},
        **{name: [(1, 1)] for name in both("1 stream")},
        **{name: [(threads, 1)] for name in both(f"{threads} streams")},
    }


def both(name):
    return [name, f"{name}, mixed"]


def best_settings(settings, values):
    """The one that was best in the first round, and the next if it has at least 0.85 of its speed."""
    best = {}
    for line, tried in settings.items():
        speed = {setting: values[label(*setting)][line][0] for setting in tried}
        ranked = sorted(tried, key=speed.get, reverse=True)[:2]
        best[line] = [setting for setting in ranked if speed[setting] >= 0.85 * speed[ranked[0]]]
    return best


def label(workers, batch):
    return f"{workers} {'worker' if workers == 1 else 'workers'}, batches of {batch}"


def compared(name, values):
    """Each engine's numbers for one line, with its best setting; the ratio is above 1 where diglot is better."""
    unit = {LOAD: "s", MEMORY: "bytes"}.get(name, "tokens/s")
    pick = max if unit == "tokens/s" else min
    found = {"name": name, "unit": unit, "engines": {}}
    for engine, settings in values.items():
        tried = {setting: summary(lines[name]) for setting, lines in settings.items() if lines[name]}
        rounds = max(len(one["values"]) for one in tried.values())
        whole = [setting for setting, one in tried.items() if len(one["values"]) == rounds]
        best = pick(whole, key=lambda setting: tried[setting]["median"])
        found["engines"][engine] = {"setting": best, **tried[best], "tried": tried}
    ours, theirs = (found["engines"][engine]["median"] for engine in ["diglot", "CTranslate2"])
    found["ratio"] = ours / theirs if unit == "tokens/s" else theirs / ours
    return found


def diglot(options):
    command = [options.diglot, "bench", "--json", "--quiet", "--rounds", 1, "--threads", options.threads]
    text, memory = run([*command, "--model", options.folder])
    report = json.loads(text)
    lines = {measure["name"]: measure["median"] for measure in report["measures"]}
    return report, {**lines, MEMORY: memory}


def ctranslate2(options, workers, settings):
    """Lines of one process with so many workers: line, setting, value."""
    work = {line: [batch for count, batch in tried if count == workers] for line, tried in settings.items()}
    command = [sys.executable, __file__, "--folder", options.folder, "--threads", options.threads]
    text, memory = run([*command, "--workers", workers, "--measure", json.dumps(work)])
    for name, batch, value in json.loads(text):
        yield name, label(workers, batch), value
    yield MEMORY, label(workers, "any size"), memory


def measure(options):
    import ctranslate2

    started = time.perf_counter()
    translator = ctranslate2.Translator(
        str(options.folder / "ct2"),
        compute_type="int8",
        inter_threads=options.workers,
        intra_threads=options.threads // options.workers,
    )
    found = [(LOAD, "any size", time.perf_counter() - started)]
    # The first call wakes the threads and touches every page of the weights.
    translate(translator, texts([TOKENS] * 2 * options.workers), 1, 1)
    for name, batches in options.measure.items():
        beams = BEAMS if name.startswith("beam") else 1
        count = STREAMED if "stream" in name else TEXTS
        work = texts(lengths(count, "mixed" in name))
        for batch in batches:
            started = time.perf_counter()
            written = translate(translator, work, beams, batch)
            found.append((name, batch, written / (time.perf_counter() - started)))
    return found


def translate(translator, work, beams, batch):
    """Translates texts; answers the tokens that were written. A call has one length for all outputs, so the texts of
    each length are handed over by themselves, the longest first, none waiting for another."""
    groups = defaultdict(list)
    for text in work:
        groups[len(text)].append(text)
    results = []
    for length, group in sorted(groups.items(), reverse=True):
        results += translator.translate_batch(
            group,
            asynchronous=True,
            beam_size=beams,
            max_batch_size=batch,
            min_decoding_length=length,
            max_decoding_length=length,
        )
    written = sum(len(result.result().hypotheses[0]) for result in results)
    assert written == sum(map(len, work)), f"{written} tokens were written"
    return written


def lengths(count, mixed):
    return [LENGTHS[text % len(LENGTHS)] if mixed else TOKENS for text in range(count)]


def texts(lengths):
    """Texts of these lengths, their ends included."""
    return [
        [name_of(2 + (text * 7919 + place * 104_729) % (VOCAB - 4)) for place in range(length - 1)] + ["</s>"]
        for text, length in enumerate(lengths)
    ]


def name_of(token):
    return {0: "</s>", 1: "<unk>", VOCAB - 1: "<pad>"}.get(token, f"token{token}")


def make(folder):
    """Writes the model as a hub repository has it, and again as CTranslate2 reads it."""
    import ctranslate2
    import sentencepiece
    import torch
    import transformers

    progress(f"making the model in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(20261125)
    side = dict(layers=6, attention_heads=8, ffn_dim=2048)
    config = transformers.MarianConfig(
        vocab_size=VOCAB,
        d_model=512,
        **{f"encoder_{key}": value for key, value in side.items()},
        **{f"decoder_{key}": value for key, value in side.items()},
        max_position_embeddings=512,
        activation_function="swish",
        scale_embedding=True,
        pad_token_id=VOCAB - 1,
        decoder_start_token_id=VOCAB - 1,
        eos_token_id=0,
        bos_token_id=0,
        forced_eos_token_id=0,
    )
    model = transformers.MarianMTModel(config)
    # Trained models have one.
    model.final_logits_bias.normal_(std=0.1)
    model.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({name_of(token): token for token in range(VOCAB)}))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
        text.write("\n".join(f"token{n} of {n * n} and {n % 7}" for n in range(2000)))
        text.flush()
        for side in ["source", "target"]:
            sentencepiece.SentencePieceTrainer.train(
                input=text.name, model_prefix=str(folder / side), vocab_size=60, minloglevel=2
            )
            (folder / f"{side}.model").rename(folder / f"{side}.spm")
            (folder / f"{side}.vocab").unlink()
    converter = ctranslate2.converters.TransformersConverter(str(folder))
    converter.convert(str(folder / "ct2"), quantization="int8", force=True)


def table(results):
    """The medians as Markdown."""
    rows = ["| | diglot | CTranslate2 | ratio | its setting |", "|---|---|---|---|---|"]
    for line in results["lines"]:
        ours, theirs = (cell(line, engine) for engine in ["diglot", "CTranslate2"])
        setting = line["engines"]["CTranslate2"]["setting"]
        rows.append(f"| {line['name']} | {ours} | {theirs} | {line['ratio']:.2f} | {setting} |")
    return "\n".join(rows)


def cell(line, engine):
    median = line["engines"][engine]["median"]
    scale, unit = {"bytes": (1e6, " MB"), "s": (1, " s"), "tokens/s": (1, "")}[line["unit"]]
    return f"{median / scale:.3g}{unit}"


if __name__ == "__main__":
    main()
