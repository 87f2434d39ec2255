"""The proof: every letter of a batch written, sealed and checked before anything is sent.

proof.py       `Proof`: runs through the list; `Report`: what was found
addresses.py   which rows have the same address
checks.py      the list of all rules, and running them
rules/         the rules, one a file
"""
