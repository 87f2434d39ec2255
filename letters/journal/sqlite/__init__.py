"""The journal in one SQLite file.

journal        the Protocol's methods, each run on the journal's own thread
record         what changes the record: runs, staged batches, claims, steps, a person's decisions
step           verdicts and beginnings of many letters in one statement (step.sql)
group_commit   calls that come at about the same time share one commit
staging        a batch against what is known: new, changed, withdrawn letters
standings      reading: counts, pages, one letter's history
sealed         shared blocks, and messages made of them
maintenance    pruning and checking
opening        the schema (schema.sql), and which files are refused
lock           one sender at a time, and the mark that it leaves
location       warnings about network and synchronised folders
queries        the SQL of this folder by name
"""
