"""The command line.

app.py              the command `letters`: verbs, errors, exit codes
commands/           one file a verb
options.py          the options that verbs share
session.py          what one command works on: campaign, list, environment, proof, journal
environment.py      variables and `.env` files, and where a value came from
relay.py            the relay that is handed over to, and its password
delivery.py         connections, pace, quota, window, and the account's limiter
selection.py        the letters that `--only` and `--limit` choose
opening.py          event loop, journal, transport and limiter, opened and closed
sending/            what `send` does
looking.py          the forms in which `preview` shows letters
problems.py         what a proof found, printed
standing.py         where letters stand, in words
status_formats.py   the letters as `status` prints them
history_formats.py  one letter's history as `journal show` prints it
message_files.py    the mbox file and the folder that `journal export` writes
next_command.py     commands to be pasted, with the flags that were typed
output.py           results, hints, errors, and the question that is answered yes or no
"""
