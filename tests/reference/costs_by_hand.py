"""Plain re-implementation of chapter 7's arithmetic, month by month and without numpy.

Written from the document's sections 7.3.1 to 7.3.6 alone; it shares no code with the library.
Run as a script it prints the numbers that `costs_by_hand.json` holds.
"""

import json
from pathlib import Path

PROGRAMS = {
    # months, price a month, subsidised, mentor, grant, hours, tiltakspenger, school, effects, last
    "AFT": (10.67, 18700, 0, 0, 0, 0.67, 0.11, 0, (-3100, -1900, -1400, -1400), 84),
    "AMO": (4.61, 10000, 0, 0, 0, 0.67, 0.27, 0, (1400, 4000, 4436, 4436), 84),
    "Arbeidsrettet rehabilitering": (
        2.98,
        17000,
        0,
        0,
        0,
        0.67,
        0.01,
        0,
        (-3900, -2700, -2600, -2600),
        84,
    ),
    "Arbeidstrening": (4.0, 0, 0, 0.08, 0.04, 1.33, 0.26, 0, (1500, 4000, 4033, 4033), 84),
    "Jobbklubb": (2.8, 9600, 0, 0, 0, 0.33, 0.19, 0, (0, 2500, 2831, 2831), 84),
    "Midlertidig lønnstilskudd": (
        6.4,
        0,
        1,
        0.08,
        0.03,
        0.67,
        0.02,
        0,
        (16200, 10700, 9000, 9000),
        84,
    ),
    "Oppfølging": (8.56, 7100, 0, 0, 0, 0.67, 0.18, 0, (0, 1000, 1547, 1547), 84),
    "Utdanning": (14.9, 1753, 0, 0.03, 0, 0.67, 0.11, 0.9, (-4800, -3300, 0, 4543), 168),
    "Utvidet oppfølging i NAV": (7.05, 5900, 0, 0, 0, 0.67, 0.21, 0, (2700, 4300, 3954, 3954), 84),
}


def by_hand(
    program: str, *, rate: float = 0.04, growth: float = 0.013, tax: float = 0.20
) -> dict[str, float]:
    """Signed items of one programme spell, summed month by month."""
    months, price, subsidised, mentor, grant, hours, share, school, effects, last = PROGRAMS[
        program
    ]
    wages = 0.0
    for month in range(last):
        effect = effects[min(month // 12, 3)]
        wages += effect * ((1 + growth) / (1 + rate)) ** (month / 12)
    services = price + mentor * 10000 + grant * 4500
    subsidy = subsidised * 45000 * 0.40 * 1.30
    items = {
        "program_cost": -months * (services * (1 + tax) + subsidy * tax),
        "other_sectors": -months * school * 8950 * (1 + tax),
        "tiltakspenger": -months * share * 20 * 268 * tax,
        "counsellor": -months * hours * 450 * (1 + tax),
        "value_creation": 1.4 * wages,
        "saved_benefits": 0.3 * (1 - 0.11) * tax * wages,
    }
    return items | {"net_benefit": sum(items.values())}


if __name__ == "__main__":
    numbers = {program: by_hand(program) for program in PROGRAMS}
    file = Path(__file__).with_suffix(".json")
    file.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(file)
