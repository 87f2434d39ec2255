"""The durable record of every letter and every attempt.

interface   the Protocol `Journal`, which every form implements
types       its values: states, entries, claims, settlements, standings, histories
ids         how people name letters: the address, or ADDRESS#2
open        the journal that a URL names
sqlite/     in one SQLite file

A journal records what it is given. What a verdict means, and when to try again, is decided in `delivery`.
"""
