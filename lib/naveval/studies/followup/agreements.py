"""What tells that an event table of the follow-up study was filled with another one's rows.

Decisions, stays, dialogues and benefits of a person begin on days of their own. A table whose
persons and days are nearly all in another was delivered from that one under a wrong name, which
no value of it shows.
"""

from naveval.registers.rules.values import apart

EVENTS = {  # when what is told of a person happens
    "benefit_decisions": "from_date",
    "program_spells": "from_date",
    "dialogues": "date",
    "digital_dialogues": "date",
    "health_benefits": "from_date",
}
ROWS = {table: f"SELECT person, {day} AS t FROM {table}" for table, day in EVENTS.items()}

AGREEMENTS = tuple(
    apart(
        table,
        ROWS[table],
        {name: ROWS[name] for name in EVENTS if name != table},
        sample="benefit_cards",
    )
    for table in EVENTS
    if table != "benefit_decisions"
)
