"""How fast letters may leave: pace, quota and window of the mail account.

limiter     the Protocol that is asked before each letter, and its answers
open        the limiter of an account
pace        reading "30/min" and "500/day"; `Limits`
window      reading "Mon–Fri 09:00–17:00 America/Toronto"
providers   limits of mail providers, by name
counters    when the next letter may leave: the decision
throttle    slowing down when the relay asks for it; spacing of logins
ledger      the limiter over the account's file, which restarts and campaigns share
account     the account's file: read, decided and written in one transaction
memory      the limiter of one run
uptime      a clock that nobody can set
"""
