"""The same posterior from pgmpy, built from the same knowledge, and the ratio of the two times.

    python3 -m venv venv && venv/bin/pip install pgmpy
    cargo bench --no-default-features --bench posterior -- CASES.jsonl > posterior.jsonl
    venv/bin/python benches/pgmpy/compare.py posterior.jsonl

The tables are made here a second time, from the words in the knowledge and the numbers that
docs/knowledge-format.md and src/engine/scale.rs publish; no number of the engine's own is taken over.
Cases with a time in seconds are left out: its density over known constants is no table.
Exit code 1 where one probability differs by more than 1e-9.
"""

import json
import math
import sys
import time

from pgmpy.factors.discrete import TabularCPD
from pgmpy.inference import VariableElimination

try:
    from pgmpy.models import DiscreteBayesianNetwork
except ImportError:  # before pgmpy 1.0
    from pgmpy.models import BayesianNetwork as DiscreteBayesianNetwork

WORDS = {"never": 0.005, "rarely": 0.05, "sometimes": 0.2, "often": 0.5, "usually": 0.8, "always": 0.97}
PRIORS = {"rare": 0.5, "uncommon": 1.0, "occasional": 1.8, "common": 3.0}
SOMETHING_ELSE = 0.04
RELIABILITY = {"text": 0.55, "answer": 0.92, "probe": 0.97, "capture": 0.97, "collect": 0.97}
MESSAGE_BACKGROUND = {0: 0.15, 1: 0.15, 2: 0.04, 3: 0.015}
REPETITION = {"fact": 0.3, "messages": 0.5, "cues": 0.6, "components": 0.7}
TEMPER = 1.1
DOUBT = 0.1


def priors(base):
    weights = [PRIORS[cause["prior"]] for cause in base["causes"].values()]
    return [w / sum(weights) * (1 - SOMETHING_ELSE) for w in weights] + [SOMETHING_ELSE]


def conditional(options, background, words):
    """P(option | cause) where the cause has words for some of the options."""
    said = [WORDS[words[o]] if o in words else None for o in options]
    spoken = sum(p for p in said if p is not None)
    silent = sum(b for b, p in zip(background, said) if p is None)
    most = 0.98 if silent > 0 else 1.0
    factor = most / spoken if spoken > most or silent <= 0 else 1.0
    rest = max(0.0, 1 - spoken * factor)
    return [rest * b / silent if p is None else p * factor for b, p in zip(background, said)]


def weigh(p, background, reliability):
    return math.log2(reliability * p / background + 1 - reliability)


def choice_items(base, causes, evidence):
    for name, variable in base["variables"].items():
        if variable["kind"] != "choice":
            continue
        options = [o["id"] for o in variable["options"]]
        seen = [
            o for o in evidence
            if o["variable"] == name and o["state"] != "not_visible" and o["value"] in options
        ]
        if not seen:
            continue
        most = max(RELIABILITY[o["source"]] for o in seen)
        seen = [o for o in seen if RELIABILITY[o["source"]] >= most]
        total = sum(o["share"] for o in variable["options"])
        background = [o["share"] / total for o in variable["options"]]

        def mean(table):
            terms = [
                1 - table[options.index(o["value"])] if o["state"] == "ruled_out"
                else table[options.index(o["value"])]
                for o in seen
            ]
            return sum(terms) / len(terms)

        weights = []
        for cause in causes:
            words = base["causes"].get(cause, {}).get("signs", {}).get(name)
            table = conditional(options, background, words) if words else background
            weights.append(weigh(mean(table), max(mean(background), 1e-9), most))
        yield ("0fact", variable.get("group") or name), 1, weights


def component_rates(base, component):
    given = {}
    for cause, entry in base["causes"].items():
        words = entry.get("components", {})
        own = words.get(component["id"])
        by_class = [WORDS[words[c]] * 0.5 for c in component.get("classes", []) if c in words]
        if own is not None:
            given[cause] = WORDS[own]
        elif by_class:
            given[cause] = max(by_class)
    count = len(base["causes"])
    background = max(0.02, (sum(given.values()) + (count - len(given)) * 0.02) / count)
    return given, background


def many_items(base, causes, evidence):
    best = {}
    for o in evidence:
        if o["state"] != "seen" or not isinstance(o["value"], str):
            continue
        key = (o["variable"], o["value"])
        if key not in best or RELIABILITY[o["source"]] > RELIABILITY[best[key]["source"]]:
            best[key] = o
    for (variable, value), o in best.items():
        if variable == "message" and value in base["signatures"]:
            entry = base["signatures"][value]
            background = MESSAGE_BACKGROUND[min(entry["specific"], 3)]
            given = {c: max(WORDS[w], background) for c, w in entry.get("points", {}).items()}
            given |= {c: WORDS["never"] for c in entry.get("against", [])}
            group, specific, reliability = ("1messages",), entry["specific"], 1.0
        elif variable == "cue":
            cause, name = value.split(".", 1)
            cues = {cue["id"]: cue for cue in base["causes"].get(cause, {}).get("cue", [])}
            if name not in cues:
                continue
            word = WORDS[cues[name]["likelihood"]]
            given, background = {cause: word}, word / 10
            group, specific, reliability = ("2cues", cause), 3, 1.0
        elif variable == "component" and value in base["components"]:
            given, background = component_rates(base, base["components"][value])
            group, specific, reliability = ("3components",), 1, RELIABILITY[o["source"]]
        else:
            continue
        weights = [weigh(given[c], background, reliability) if c in given else 0.0 for c in causes]
        yield group, specific, weights


def weighed(base, causes, evidence):
    """The weights as counted: the strongest of a group in full, what repeats it less and less."""
    items = list(choice_items(base, causes, evidence)) + list(many_items(base, causes, evidence))

    def strength(weights):
        return max(0.0, *weights) - min(0.0, *weights)

    items.sort(key=lambda item: (item[0], -item[1], -strength(item[2]), item[2]))
    seen = {}
    for group, _, weights in items:
        rank = seen.get(group, 0)
        seen[group] = rank + 1
        factor = TEMPER * REPETITION[group[0][1:]] ** rank
        yield [w * factor for w in weights]


def network(prior, items):
    """A naive Bayes network: the cause, and a node for each item of evidence that is seen or not."""
    model = DiscreteBayesianNetwork()
    model.add_node("cause")
    model.add_cpds(TabularCPD("cause", len(prior), [[p] for p in prior]))
    for at, weights in enumerate(items):
        highest = max(weights)
        seen = [2 ** (w - highest) for w in weights]
        model.add_edge("cause", f"e{at}")
        table = [seen, [1 - p for p in seen]]
        model.add_cpds(TabularCPD(f"e{at}", 2, table, evidence=["cause"], evidence_card=[len(prior)]))
    return model


def main(path):
    lines = open(path, encoding="utf-8")
    base = json.loads(next(lines))
    causes = list(base["causes"]) + ["something_else"]
    prior = priors(base)
    worst, ours, theirs, count = 0.0, 0.0, 0.0, 0
    for line in lines:
        row = json.loads(line)
        if any(o["variable"] == "seconds" for o in row["evidence"]):
            continue
        items = list(weighed(base, causes, row["evidence"]))
        engine = VariableElimination(network(prior, items))
        evidence = {f"e{at}": 0 for at in range(len(items))}
        start = time.perf_counter()
        answer = engine.query(["cause"], evidence=evidence, show_progress=False).values
        theirs += time.perf_counter() - start
        # The model's doubt of itself: a part of the belief spread as if all bits were half.
        spread = [math.sqrt(float(p)) for p in answer]
        answer = [(1 - DOUBT) * float(p) + DOUBT * s / sum(spread) for p, s in zip(answer, spread)]
        ours += row["nanoseconds"] / 1e9
        distance = max(abs(row["posterior"][c] - float(p)) for c, p in zip(causes, answer))
        if distance > 1e-9:
            print(f"{row['id']}: differs by {distance:.3g}")
        worst, count = max(worst, distance), count + 1
    print(f"{count} cases, greatest difference {worst:.2e}")
    print(f"mean posterior: hangup {ours / count * 1e6:.0f} us, pgmpy {theirs / count * 1e6:.0f} us,"
          f" ratio {theirs / ours:.0f}")
    return 1 if worst > 1e-9 or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
