"""Sending: the letters that wait in a journal are handed to a relay, each once.

mailer             the run: a letter is taken from the queue, offered, begun, handed over, settled
queue              letters reserved from the journal for this run
connection_worker  one connection: opened, opened again after a failure, closed
verdict_writer     the verdicts of one connection, written to the journal in time
policy             `RunOptions`; what a verdict (such as a 421) means for its letter and its connection
stop_reasons       what makes a run stop, and the error of each reason
refused_letters    counters of "come back later" for each letter: which one is about the letter itself
circuit_breaker    counters: equal rejections, rate-limit replies, lost answers
run_state          what the connections of a run share: counters, and the first error
stop               the signal that ends every wait of a run
"""
