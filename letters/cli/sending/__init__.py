"""What `letters send` does: the sending itself, a test to one's own address, a dry run.

flags.py      what the flags of `send` say
entries.py    the list as it streams from the proof into the journal
send.py       proof, seal, show, ask, hand over
test_to.py    the chosen letters to one's own address
dry_run.py    proof and numbers, nothing handed over
summary.py    what is shown before
hand_over.py  from the question to the report, for sending and test
run.py        one run of the mailer, and Ctrl-C
progress.py   what is shown meanwhile: a bar, or JSON events
report.py     what is shown after
"""
