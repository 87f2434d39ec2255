"""Sending: what a journal has waiting is handed to a relay, each letter once.

mailer             the run: letters are taken from the queue, offered, begun, handed over, settled
connection_worker  one connection: opened, opened again after a loss, closed; verdicts written in time
run_state          what the connections of a run share: whether it must stop, and why
queue              letters reserved from the journal for this run
policy             pure decisions: what a verdict means for its letter and for the run; `RunOptions`
circuit_breaker    counters that stop a run: equal rejections, rate-limit replies, lost answers
stop               the signal to stop, which ends every wait
"""
