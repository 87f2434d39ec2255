"""The command line.

app              the command `letters`: verbs, errors, exit codes
commands/        one file a verb
options          the options that verbs share
session          what one command works on: campaign, list, environment, proof, journal
environment      variables and `.env` files, and where a value came from
relay            the relay that is handed over to, and its password
delivery         connections, pace, quota, window, and the account's limiter
selection        the letters that `--only` and `--limit` choose
opening          event loop, journal, transport and limiter, opened and closed
sending/         what `send` does
looking          the forms in which `preview` shows letters
problems         what a proof found, printed
standing         where letters stand, in words
status_formats   the letters as `status` prints them
history_formats  one letter's history as `journal show` prints it
message_files    the mbox file and the folder that `journal export` writes
next_command     commands to be pasted, with the flags that were typed
output           results, hints, errors, and the question that is answered yes or no
"""
