#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Scores of random rubrics and findings against a slow model in fractions.

    test/oracle/rubric.py [SEED [CASES]]

Runs psql on the database of the environment (PGHOST, PGDATABASE, ...), which
has the extension. Prints "rubric: N passed, M failed"; status 1 on failure.
"""
import json
import math
import random
import subprocess
import sys
from fractions import Fraction

KINDS = ["rating", "rating", "pass", "measure", "penalty", "bonus"]


def rounded(number, decimals, mode):
    """Round by the definition of each mode, as text with all decimals."""
    scaled = abs(number) * 10 ** decimals
    down = math.floor(scaled)
    rest = scaled - down
    half = Fraction(1, 2)
    away = {
        "half_up": rest >= half,
        "half_even": rest > half or (rest == half and down % 2 == 1),
        "up": rest > 0,
        "down": False,
        "ceiling": rest > 0 and number > 0,
        "floor": rest > 0 and number < 0,
    }[mode]
    units = down + (1 if away else 0)
    return Fraction(units if number >= 0 else -units, 10 ** decimals)


def text(number, decimals):
    """An exact decimal with that many places."""
    units = number * 10 ** decimals
    assert units.denominator == 1
    sign = "-" if units < 0 else ""
    digits = str(abs(units.numerator)).rjust(decimals + 1, "0")
    return sign + (digits[:-decimals] + "." + digits[-decimals:] if decimals else digits)


def decimal(rng, most, places):
    """A random decimal from 0 to most, as a JSON string."""
    scale = 10 ** rng.randint(0, places)
    units = rng.randint(0, most * scale)
    return text(Fraction(units, scale), len(str(scale)) - 1)


def positive(rng, most, places):
    while True:
        number = decimal(rng, most, places)
        if Fraction(number) > 0:
            return number


def make_item(rng, code):
    kind = rng.choice(KINDS)
    item = {"code": code, "kind": kind}
    if kind in ("penalty", "bonus"):
        item["each"] = decimal(rng, 5, 3)
        if rng.random() < 0.5:
            item["max"] = decimal(rng, 10, 1)
        return item
    item["weight"] = positive(rng, 20, 2)
    if rng.random() < 0.15:
        item["veto"] = True
    if kind == "rating":
        item["max"] = positive(rng, rng.choice([3, 5, 7, 10, 97, 100]), 1)
    if kind == "measure":
        froms = sorted({Fraction(decimal(rng, 60, 1)) - 5 for _ in range(rng.randint(1, 4))})
        item["bands"] = [{"from": text(f, 1), "share": decimal(rng, 1, 3)} for f in froms]
    return item


def make_rubric(rng):
    number = 0
    sections = []
    for s in range(rng.randint(1, 5)):
        items = []
        for _ in range(rng.randint(1, 6)):
            number += 1
            items.append(make_item(rng, "i%d" % number))
        sections.append({"code": "s%d" % s, "weight": positive(rng, 50, 1), "items": items})
    rubric = {"sections": sections, "missing": rng.choice(["skip", "skip", "zero"])}
    rubric["scale"] = rng.choice(["100", "10", "5", "120.5"])
    if rng.random() < 0.7:
        rubric["rounding"] = {"scale": rng.choice([0, 1, 2, 4, 12]), "mode": rng.choice(
            ["half_up", "half_even", "up", "down", "ceiling", "floor"])}
    scale = Fraction(rubric["scale"])
    rubric["grades"] = [{"at_least": text(rounded(scale * p / 100, 1, "half_up"), 1), "grade": g}
                        for p, g in ((90, "A"), (75, "B"), (50, "C"))]
    if rng.random() < 0.5:
        rubric["veto_grade"] = rng.choice("ABC")
    return rubric


def make_findings(rng, rubric):
    findings = {}
    answer_rate = rng.choice([0.1, 0.6, 0.95])
    for section in rubric["sections"]:
        for item in section["items"]:
            if rng.random() > answer_rate:
                continue
            kind = item["kind"]
            if rng.random() < 0.1:
                findings[item["code"]] = "na"
            elif kind == "pass":
                findings[item["code"]] = {"value": rng.random() < 0.7}
            elif kind == "rating":
                most = Fraction(item["max"])
                value = min(most, Fraction(decimal(rng, math.ceil(most), 3)))
                findings[item["code"]] = {"value": text(value, 12)}
            elif kind == "measure":
                value = Fraction(item["bands"][0]["from"]) + Fraction(decimal(rng, 60, 2))
                findings[item["code"]] = {"value": text(value, 2)}
            else:
                findings[item["code"]] = {"value": decimal(rng, 6, 1)}
    return findings


def share_of(item, value):
    if item["kind"] == "pass":
        return Fraction(1 if value else 0)
    if item["kind"] == "rating":
        return Fraction(value) / Fraction(item["max"])
    return [Fraction(b["share"]) for b in item["bands"] if Fraction(b["from"]) <= Fraction(value)][-1]


def model(rubric, findings):
    """(total, grade, vetoed, answered, shares of the sections) by the definition."""
    zero_missing = rubric["missing"] == "zero"
    answered, vetoed, shares, points = 0, [], [], Fraction(0)
    above = below = Fraction(0)
    for section in rubric["sections"]:
        gained = weights = Fraction(0)
        for item in section["items"]:
            finding = findings.get(item["code"])
            if finding == "na" or (finding is None and not zero_missing):
                continue
            answered += finding is not None
            if item["kind"] in ("penalty", "bonus"):
                each = Fraction(item["each"]) * (Fraction(finding["value"]) if finding else 0)
                each = min(each, Fraction(item["max"])) if "max" in item else each
                points += each if item["kind"] == "bonus" else -each
                continue
            share = share_of(item, finding["value"]) if finding else Fraction(0)
            if share == 0 and item.get("veto"):
                vetoed.append(item["code"])
            gained += Fraction(item["weight"]) * share
            weights += Fraction(item["weight"])
        shares.append(gained / weights if weights else None)
        if weights:
            above += Fraction(section["weight"]) * gained / weights
            below += Fraction(section["weight"])
    if answered == 0 or below == 0:
        return None, None, vetoed, answered, shares
    rounding = rubric.get("rounding", {"scale": 2, "mode": "half_up"})
    exact = Fraction(rubric["scale"]) * above / below + points
    total = rounded(max(exact, Fraction(0)), rounding["scale"], rounding["mode"])
    capped = "veto_grade" in rubric
    if vetoed and not capped:
        total = Fraction(0)
    reached = [g["grade"] for g in rubric["grades"] if total >= Fraction(g["at_least"])]
    grade = reached[0] if reached else None
    if vetoed and capped and grade is not None:
        grade = max(grade, rubric["veto_grade"])
    return text(total, rounding["scale"]), grade, vetoed, answered, shares


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    rng = random.Random(seed)
    cases = []
    for _ in range(count):
        rubric = make_rubric(rng)
        cases.append((rubric, make_findings(rng, rubric)))
    rows = ",\n".join("(%d, $r$%s$r$::rui.rubric, $f$%s$f$::jsonb)" % (
        n, json.dumps(r), json.dumps(f)) for n, (r, f) in enumerate(cases))
    query = """
        SELECT jsonb_build_array(c.n, s.total::text, s.grade, s.vetoed, s.answered, s.sections,
            (SELECT sum(x.points)::text FROM rui.explain_score(c.r, c.f) x))
        FROM (VALUES %s) c (n, r, f), rui.score(c.r, c.f) s ORDER BY c.n;""" % rows
    output = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"], input=query,
                            capture_output=True, text=True, check=False)
    if output.returncode != 0:
        sys.exit("rubric: psql failed: " + output.stderr)
    passed = failed = 0
    for line in output.stdout.splitlines():
        n, total, grade, vetoed, answered, sections, points = json.loads(line)
        rubric, findings = cases[n]
        wanted = model(rubric, findings)
        found = (total, grade, vetoed, answered)
        shares = [s["share"] for s in sections]
        wanted_shares = [None if s is None else rounded(s, 6, "half_up") for s in wanted[4]]
        if (found == wanted[:4] and [s and Fraction(s) for s in shares] == wanted_shares and
                (total is None or Fraction(points) == Fraction(total))):
            passed += 1
            continue
        failed += 1
        if failed <= 5:
            print("seed", seed, "case", n, "\n ", json.dumps(rubric), "\n ", json.dumps(findings),
                  "\n  found ", found, shares, points, "\n  wanted", wanted)
    failed += count - passed - failed
    print("rubric: %d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
