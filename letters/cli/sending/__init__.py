"""What `letters send` does: the sending itself, a test to one's own address, a dry run.

entries     the list as it streams from the proof into the journal
send        proof, seal, show, ask, hand over
test_to     the chosen letters to one's own address
dry_run     proof and numbers, nothing handed over
summary     what is shown before
hand_over   from the question to the report, for sending and test
run         one run of the mailer, and Ctrl-C
progress    what is shown meanwhile: a bar, or JSON events
report      what is shown after
flags       what the flags of `send` say
"""
