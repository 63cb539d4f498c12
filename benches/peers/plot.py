#!/usr/bin/env python3
"""Draws the results of compare.py as bars: results/NAME.json becomes results/NAME.svg."""

import argparse
import json
from html import escape
from pathlib import Path

# Colours that differ in hue and in lightness, and stand out on white and on black.
ENGINES = {"diglot": "#3b82f6", "llama.cpp": "#f59e0b", "candle": "#8b95a5"}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #59636e }
line { stroke: #8b95a5; stroke-opacity: .5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } }
"""
WIDTH, LEFT, RIGHT = 780, 130, 160
BAR, GAP = 15, 11


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the JSON file of compare.py")
    path = parser.parse_args().results
    path.with_suffix(".svg").write_text(draw(json.loads(path.read_text())))


def draw(results):
    shapes, y = legend(results), 46
    for model in results["models"]:
        y = panel(shapes, model, y)
    shapes.append(text(LEFT, y + 4, caption(results), "quiet"))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 22}" role="img">',
        "<title>diglot beside other programs, tokens a second</title>",
        f"<style>{STYLE}</style>",
        *shapes,
        "</svg>\n",
    ])


def legend(results):
    shapes, x = [], LEFT
    for engine, colour in ENGINES.items():
        if any(engine in line["engines"] for model in results["models"] for line in model["lines"]):
            shapes += [rectangle(x, 12, 13, colour), text(x + 19, 23, engine)]
            x += 120
    shapes.append(text(x, 23, "tokens a second, longer is better", "quiet"))
    return shapes


def panel(shapes, model, y):
    """The bars of one model, all of one scale; answers where the next one begins."""
    shapes.append(text(LEFT, y + 12, model["model"], "title"))
    y += 26
    lines = [line for line in model["lines"] if line["unit"] == "tokens/s"]
    longest = max(engine["median"] for line in lines for engine in line["engines"].values())
    for line in lines:
        y = bars(shapes, line, (WIDTH - LEFT - RIGHT) / longest, y)
    return y + 14


def bars(shapes, line, scale, y):
    engines = [engine for engine in ENGINES if engine in line["engines"]]
    height = BAR * len(engines)
    shapes.append(text(LEFT - 10, y + height / 2 + 4, label(line["name"]), anchor="end"))
    for number, engine in enumerate(engines):
        found, top = line["engines"][engine], y + number * BAR
        length, middle = found["median"] * scale, top + BAR / 2
        shapes.append(rectangle(LEFT, top, max(length, 1), ENGINES[engine], BAR - 2))
        shapes.append(whisker(LEFT + found["min"] * scale, LEFT + found["max"] * scale, middle - 1))
        end = LEFT + max(length, found["max"] * scale) + 6
        value = f"{found['median']:.0f}" if found["median"] >= 100 else f"{found['median']:.1f}"
        note = f" ({line['ratio']:.2f} × llama.cpp)" if engine == "diglot" else ""
        shapes.append(text(end, top + BAR - 4, value + note))
    return y + height + GAP


def label(name):
    kind, rows, *at = name.split()
    if kind == "prefill":
        return f"reading {rows}"
    texts = f"{rows} text" if rows == "1" else f"{rows} texts"
    return f"{texts}, {at[1]} deep" if at else texts


def caption(results):
    model = results["models"][0]
    return (
        f"{model['processor'] or 'one machine'}, {results['threads']} threads, medians and ranges of "
        f"{results['rounds']} rounds; llama.cpp at its better setting"
    )


def rectangle(x, y, width, colour, height=13):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="2" fill="{colour}"/>'


def whisker(start, end, y):
    return f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


if __name__ == "__main__":
    main()
