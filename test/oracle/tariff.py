#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Charges, splits, prorations and late fees of random cases against slow
models in fractions.

    test/oracle/tariff.py [SEED [CASES]]

Runs psql on the database of the environment (PGHOST, PGDATABASE, ...), which
has the extension. Prints "tariff: N passed, M failed"; status 1 on failure.
"""
import datetime
import json
import math
import random
import subprocess
import sys
from fractions import Fraction

MODES = ["half_up", "half_even", "up", "down", "ceiling", "floor"]
MODELS = ["flat", "fixed", "graduated", "volume", "package", "blocks", "percentage",
          "time_of_use", "duration"]
DAY = 86400 * 10 ** 6
MINUTE = 60 * 10 ** 6


def rounded(number, decimals, mode="half_up"):
    """Round by the definition of each mode."""
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
    scale = rng.randint(0, places)
    return text(Fraction(rng.randint(0, most * 10 ** scale), 10 ** scale), scale)


def positive(rng, most, places):
    while True:
        number = decimal(rng, most, places)
        if Fraction(number) > 0:
            return number


# Tariffs and usage

def make_tiers(rng, blocks):
    bounds = sorted({Fraction(positive(rng, 100, 2)) for _ in range(rng.randint(0, 4))})
    tiers = []
    for bound in bounds + [None]:
        tier = {} if bound is None else {"up_to": text(bound, 2)}
        tier["price"] = decimal(rng, 10, 4)
        if blocks:
            tier["size"] = positive(rng, 20, 1)
        elif rng.random() < 0.3:
            tier["flat"] = decimal(rng, 5, 2)
        tiers.append(tier)
    return tiers


def make_steps(rng):
    bounds = sorted({rng.randint(1, 1400) for _ in range(rng.randint(0, 3))})
    return [dict({} if b is None else {"up_to": b}, every=rng.choice([1, 15, 30, 60, 97]),
                 price=decimal(rng, 5, 2)) for b in bounds + [None]]


def make_tariff(rng):
    model = rng.choice(MODELS)
    tariff = {"model": model}
    if model == "flat":
        tariff["amount"] = decimal(rng, 1000, 4)
    elif model == "fixed":
        tariff["price"] = decimal(rng, 20, 6)
    elif model in ("graduated", "volume", "blocks"):
        tariff["tiers"] = make_tiers(rng, model == "blocks")
        if model == "blocks":
            tariff["policy"] = rng.choice(["all", "top"])
        if rng.random() < 0.4:
            tariff["allowance"] = {"from": str(rng.randint(1, 6)),
                                   "per_person": decimal(rng, 10, 2)}
    elif model == "package":
        tariff.update(size=positive(rng, 50, 2), price=decimal(rng, 30, 2))
    elif model == "percentage":
        tariff.update(rate=decimal(rng, 1, 5), fixed=decimal(rng, 2, 2))
        if rng.random() < 0.5:
            tariff["free_events"] = rng.randint(0, 5)
        if rng.random() < 0.4:
            tariff["event_minimum"] = decimal(rng, 2, 2)
        if rng.random() < 0.4:
            tariff["event_maximum"] = decimal(rng, 9, 1)
            if Fraction(tariff["event_maximum"]) < Fraction(tariff.get("event_minimum", 0)):
                tariff["event_maximum"] = tariff["event_minimum"]
    elif model == "time_of_use":
        tariff["bands"] = [{"code": c, "price": decimal(rng, 2, 4)}
                           for c in ("peak", "flat", "谷")[:rng.randint(1, 3)]]
    else:
        tariff.update(steps=make_steps(rng), free_minutes=rng.choice([0, 0, 15, 60]))
        if rng.random() < 0.6:
            tariff["day_maximum"] = decimal(rng, 60, 1)
        if rng.random() < 0.5:
            tariff["day_starts"] = "%02d:%02d" % (rng.randint(0, 23), rng.choice([0, 30, 59]))
    if model not in ("flat", "duration") and rng.random() < 0.4:
        tariff["free_units"] = decimal(rng, 40, 2)
    if rng.random() < 0.3:
        tariff["surcharge"] = decimal(rng, 9, 3)
    if rng.random() < 0.3:
        tariff["minimum"] = decimal(rng, 50, 3)
    if rng.random() < 0.3:
        tariff["maximum"] = text(Fraction(tariff.get("minimum", 0)) +
                                 Fraction(decimal(rng, 300, 2)), 3)
    if rng.random() < 0.6:
        tariff["rounding"] = {"scale": rng.choice([0, 1, 2, 3, 6, 12]), "mode": rng.choice(MODES)}
    if rng.random() < 0.7:
        tariff["tax"] = {"rate": rng.choice(["0.06", "0.09", "0.03", "0", "0.13", "0.065"])}
        if rng.random() < 0.7:
            tariff["tax"]["inclusive"] = rng.random() < 0.6
    return tariff


def instant(at, offset):
    """ISO 8601 of microseconds since 2026, in an offset of minutes."""
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    return (start + datetime.timedelta(microseconds=at)).astimezone(zone).isoformat()


def make_usage(rng, tariff):
    model = tariff["model"]
    if model == "percentage":
        return {"amounts": [decimal(rng, 60, 2) for _ in range(rng.randint(0, 8))]}
    if model == "time_of_use":
        return {b["code"]: decimal(rng, 100, 3) for b in tariff["bands"] if rng.random() < 0.8}
    if model == "duration":
        at = rng.randint(0, 40 * DAY)
        length = rng.choice([rng.randint(0, 90), rng.randint(0, 2000), rng.randint(0, 9000)])
        length = length * MINUTE + rng.choice([0, 0, 1, rng.randint(0, MINUTE)])
        offset = rng.choice([480, 480, 0, -210, 345])
        return {"from": instant(at, offset), "to": instant(at + length, rng.choice([offset, 0]))}
    return {"quantity": rng.choice([decimal(rng, 150, 4), decimal(rng, 20, 0)] +
                                   [t["up_to"] for t in tariff.get("tiers", [])[:-1]])}


# The model of a charge

def tier_parts(tiers, quantity):
    """(tier, part of the quantity in it) of the tiers reached, and the last of them."""
    parts, lower = [], Fraction(0)
    for tier in tiers:
        upper = Fraction(tier["up_to"]) if "up_to" in tier else None
        last = upper is None or quantity <= upper
        parts.append((tier, (quantity if last else upper) - lower))
        if last:
            return parts
        lower = upper
    raise AssertionError


def tier_fee(tier, quantity):
    if "size" in tier:
        quantity = Fraction(math.ceil(quantity / Fraction(tier["size"])))
    return quantity * Fraction(tier["price"]) + Fraction(tier.get("flat", 0))


def events_fee(tariff, amounts):
    total, used, lasts = Fraction(0), Fraction(0), True
    units = Fraction(tariff["free_units"]) if "free_units" in tariff else None
    events = tariff.get("free_events")
    if (units is None or units == 0) and events is None:
        lasts = False
    if events is not None and units == 0:
        lasts = False
    for number, amount in enumerate(map(Fraction, amounts)):
        if events is not None and number >= events:
            lasts = False
        paid = amount
        if lasts:
            if units is None:
                continue
            paid = max(Fraction(0), used + amount - units)
            used += amount
            lasts = used < units
            if paid == 0:
                continue
        fee = Fraction(tariff["rate"]) * paid + Fraction(tariff["fixed"])
        fee = max(fee, Fraction(tariff.get("event_minimum", 0)))
        if "event_maximum" in tariff:
            fee = min(fee, Fraction(tariff["event_maximum"]))
        total += fee
    return total


def stay_fee(tariff, usage):
    start = datetime.datetime.fromisoformat(usage["from"])
    end = datetime.datetime.fromisoformat(usage["to"])
    if end - start <= datetime.timedelta(minutes=tariff["free_minutes"]):
        return Fraction(0)
    total = Fraction(0)
    while start < end:
        night = start + datetime.timedelta(days=1)
        if "day_starts" in tariff:
            hour, minute = map(int, tariff["day_starts"].split(":"))
            night = start.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if night <= start:
                night += datetime.timedelta(days=1)
        stop = min(night, end)
        # Walk through the day from one started interval to the next.
        fee, at, lower = Fraction(0), start, start
        for step in tariff["steps"]:
            upper = stop
            if "up_to" in step:
                upper = min(stop, start + datetime.timedelta(minutes=step["up_to"]))
            at = lower
            while at < upper:
                fee += Fraction(step["price"])
                at += datetime.timedelta(minutes=step["every"])
            lower = max(lower, upper)
        if "day_maximum" in tariff:
            fee = min(fee, Fraction(tariff["day_maximum"]))
        total += fee
        start = stop
    return total


def exact_fee(tariff, usage):
    model = tariff["model"]
    if model == "percentage":
        return events_fee(tariff, usage["amounts"])
    if model == "duration":
        return stay_fee(tariff, usage)
    left = Fraction(tariff.get("free_units", 0))
    if model == "time_of_use":
        total = Fraction(0)
        for band in tariff["bands"]:
            quantity = Fraction(usage.get(band["code"], 0))
            taken = min(left, quantity)
            left -= taken
            total += (quantity - taken) * Fraction(band["price"])
        return total
    quantity = max(Fraction(0), Fraction(usage["quantity"]) - left)
    if model == "flat":
        return Fraction(tariff["amount"])
    if model == "fixed":
        return quantity * Fraction(tariff["price"])
    if model == "package":
        return math.ceil(quantity / Fraction(tariff["size"])) * Fraction(tariff["price"])
    parts = tier_parts(tariff["tiers"], quantity)
    if model == "volume" or tariff.get("policy") == "top":
        return tier_fee(parts[-1][0], quantity)
    return sum((tier_fee(tier, part) for tier, part in parts), Fraction(0))


def charge(tariff, usage):
    total = exact_fee(tariff, usage) + Fraction(tariff.get("surcharge", 0))
    total = max(total, Fraction(tariff.get("minimum", 0)))
    if "maximum" in tariff:
        total = min(total, Fraction(tariff["maximum"]))
    rounding = tariff.get("rounding", {"scale": 2, "mode": "half_up"})
    total = rounded(total, rounding["scale"], rounding["mode"])
    tax = tariff.get("tax", {"rate": "0"})
    rate = Fraction(tax["rate"])
    if tax.get("inclusive"):
        net = rounded(total / (1 + rate), rounding["scale"], rounding["mode"])
        return [net, total - net, total]
    taxed = rounded(total * rate, rounding["scale"], rounding["mode"])
    return [total, taxed, total + taxed]


def wide(tariff, persons):
    """The tariff of a large household."""
    if "allowance" not in tariff:
        return tariff
    allowance = tariff["allowance"]
    more = max(0, persons - int(allowance["from"]) + 1) * Fraction(allowance["per_person"])
    result = {k: v for k, v in tariff.items() if k != "allowance"}
    result["tiers"] = [dict(t, up_to=text(Fraction(t["up_to"]) + more, 2)) if "up_to" in t else t
                       for t in tariff["tiers"]]
    return result


# Parts of amounts

def split_largest(amount, weights, scale):
    total, unit = sum(weights), Fraction(1, 10 ** scale)
    exact = [abs(amount) * w / total for w in weights]
    parts = [rounded(e, scale, "down") for e in exact]
    order = sorted(range(len(weights)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[:int((abs(amount) - sum(parts)) / unit)]:
        parts[k] += unit
    return [p if amount >= 0 else -p for p in parts]


def split_remainder(amount, weights, scale, taker):
    parts = [rounded(amount * w / sum(weights), scale) for w in weights]
    parts[taker - 1] = amount - sum(parts) + parts[taker - 1]
    return parts


def split_progressive(amount, weights, scale):
    reached = [rounded(amount * sum(weights[:k]) / sum(weights), scale)
               for k in range(len(weights) + 1)]
    return [b - a for a, b in zip(reached, reached[1:])]


def add_months(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    longest = (following - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day.day, longest))


def thirty(day):
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def prorate(amount, used, start, months, scale, convention):
    end = add_months(start, months)
    days = (used[1] - used[0]).days
    share = Fraction(days, (end - start).days)
    if convention == "thirty":
        share = Fraction(thirty(used[1]) - thirty(used[0]), thirty(end) - thirty(start))
    elif convention == "twelfth" and 0 < share < 1:
        share = min(Fraction(1), days / (months * Fraction(365, 12)))
    elif convention == "half_month":
        halves = 0
        for m in range(months):
            first, last = add_months(start, m), add_months(start, m + 1)
            inside = sum(used[0] <= first + datetime.timedelta(days=d) < used[1]
                         for d in range((last - first).days))
            halves += 0 if inside == 0 else 1 if inside < 15 else 2
        share = Fraction(halves, 2 * months)
    elif convention == "none" and days > 0:
        share = Fraction(1)
    return rounded(amount * share, scale)


def late_fee(outstanding, days, rate, grace, cap):
    exact = min(outstanding * rate * max(0, days - grace), outstanding * cap)
    return rounded(exact, 2)


# Cases: (SQL, expected values)

def quote(value):
    return "$q$" + (value if isinstance(value, str) else json.dumps(value)) + "$q$"


def case_of_charge(rng):
    tariff = make_tariff(rng)
    usage = make_usage(rng, tariff)
    wanted = charge(tariff, usage)
    inclusive = tariff.get("tax", {}).get("inclusive")
    sql = ("SELECT ARRAY[c.net, c.tax, c.gross, (SELECT coalesce(sum(l.amount), 0) FROM rui.charge_lines(t, u) l)]"
           " FROM (VALUES (%s::rui.tariff, %s::jsonb)) x (t, u), rui.charge(t, u) c" % (
               quote(tariff), quote(usage)))
    return sql, wanted + [wanted[2] if inclusive else wanted[0]]


def case_of_ladder(rng):
    while True:
        tariff = make_tariff(rng)
        if "tiers" in tariff:
            break
    persons = rng.randint(0, 9)
    before, after = decimal(rng, 150, 3), decimal(rng, 150, 3)
    plain = wide(tariff, persons)
    wanted = [b - a for a, b in zip(charge(plain, {"quantity": before}),
                                    charge(plain, {"quantity": after}))]
    sql = ("SELECT ARRAY[c.net, c.tax, c.gross] FROM rui.charge_between("
           "rui.tariff_for_household(%s, %d), %s, %s) c" % (quote(tariff), persons, before, after))
    return sql, wanted


def case_of_split(rng):
    scale = rng.choice([0, 2, 2, 4])
    amount = Fraction(rng.randint(-10 ** 6, 10 ** 6), 10 ** scale)
    weights = [Fraction(decimal(rng, rng.choice([1, 100]), 3)) for _ in range(rng.randint(1, 9))]
    if sum(weights) == 0:
        weights[0] = Fraction(1)
    arguments = "%s, ARRAY[%s]::numeric[], %d" % (
        text(amount, scale), ", ".join(text(w, 3) for w in weights), scale)
    kind = rng.randint(0, 2)
    if kind == 0:
        return "SELECT rui.split_amount(%s)" % arguments, split_largest(amount, weights, scale)
    if kind == 1:
        return ("SELECT rui.split_progressive(%s)" % arguments,
                split_progressive(amount, weights, scale))
    taker = rng.randint(1, len(weights))
    return ("SELECT rui.split_amount(%s, %d)" % (arguments, taker),
            split_remainder(amount, weights, scale, taker))


def case_of_prorate(rng):
    start = datetime.date(2023, 1, 1) + datetime.timedelta(days=rng.randint(0, 1500))
    months, scale = rng.choice([1, 1, 3, 12]), rng.choice([0, 2, 2, 6])
    length = (add_months(start, months) - start).days
    cut = sorted((rng.randint(0, length), rng.randint(0, length)))
    used = [start + datetime.timedelta(days=d) for d in cut]
    convention = rng.choice(["actual", "thirty", "twelfth", "half_month", "none"])
    amount = Fraction(rng.randint(-10 ** 5, 10 ** 6), 100)
    sql = "SELECT ARRAY[rui.prorate(%s, daterange(%s, %s), daterange(%s, %s), %d, %s)]" % (
        text(amount, 2), *("DATE " + repr(str(d)) for d in used + [start, add_months(start, months)]),
        scale, repr(convention))
    return sql, [prorate(amount, used, start, months, scale, convention)]


def case_of_late_fee(rng):
    due = datetime.date(2026, 1, 1)
    days, grace = rng.randint(-50, 900), rng.randint(0, 30)
    outstanding, rate, cap = decimal(rng, 5000, 2), decimal(rng, 1, 6), decimal(rng, 1, 3)
    sql = "SELECT ARRAY[rui.late_fee(%s, %r, %r, %s, %d, %s)]" % (
        outstanding, str(due), str(due + datetime.timedelta(days=days)), rate, grace, cap)
    return sql, [late_fee(Fraction(outstanding), days, Fraction(rate), grace, Fraction(cap))]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    rng = random.Random(seed)
    kinds = [case_of_charge] * 4 + [case_of_ladder, case_of_split, case_of_prorate,
                                    case_of_late_fee]
    cases = [rng.choice(kinds)(rng) for _ in range(count)]
    script = "".join("%s;\n" % sql for sql, _ in cases)
    output = subprocess.run(["psql", "-X", "-q", "-At"], input=script, capture_output=True,
                            text=True, check=False)
    lines = output.stdout.splitlines()
    if output.returncode != 0 or output.stderr or len(lines) != count:
        sys.exit("tariff: psql failed: " + output.stderr[:2000])
    failed = 0
    for number, ((sql, wanted), line) in enumerate(zip(cases, lines)):
        found = [Fraction(n) for n in line.strip("{}").split(",")]
        if found == wanted:
            continue
        failed += 1
        if failed <= 5:
            print("seed", seed, "case", number, "\n ", sql, "\n  found ", line, "\n  wanted",
                  [float(w) for w in wanted])
    print("tariff: %d passed, %d failed" % (count - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
