"""A dry run: proof and numbers of a sending; no journal is read, nothing is handed over."""

from collections import Counter

from letters.cli.delivery import plan_delivery
from letters.cli.output import counted, hint, say, say_json
from letters.cli.problems import require_sound
from letters.cli.relay import choose_relay
from letters.cli.sending.entries import EntryStream
from letters.cli.sending.flags import SendFlags
from letters.cli.session import Session
from letters.errors import Exit


def dry_run(session: Session, flags: SendFlags) -> Exit:
    """Proof the list and print how many letters would be sent, as if none had been sent before."""
    relay, selection = choose_relay(session), flags.selection
    plan_delivery(session, relay, flags.delivery)  # refuses the flags that a run would refuse
    proof = session.proof(same_address=flags.same_address, leaves_machine=not relay.parsed.loopback)
    entries = EntryStream(proof, selection).entries()
    kinds = Counter(entry.message is not None for entry in entries)
    chosen, not_mailable = kinds[True], kinds[False]
    letters = chosen if selection.limit is None else min(chosen, selection.limit)
    require_sound(proof.report)
    if flags.as_json:
        say_json({"event": "dry-run", "letters": letters, "not_mailable": not_mailable})
    else:
        would = f"{counted(letters, 'letter')} would be sent"
        say(f"{would}, {not_mailable} not mailable: a dry run")
    if selection.only is not None and not kinds.total():
        hint(selection.nobody(session.list))
    return Exit.OK
