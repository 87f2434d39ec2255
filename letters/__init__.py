"""One open letter, a list of office-holders, each written to once.

A map of the package:

errors · verdict · mailbox · headers · gaps · markdown · pace · forms_of_address    words and facts
settings · campaign · recipients    what a person wrote: the folder and the list
letter → message → proof    words for one recipient, sealed as bytes, the batch checked
journal · transport · limiter    what was done, ways of doing it, and how fast
mailer · preview            sending, with a clerk for each connection, and looking
cli                         one file per verb
"""

__version__ = "0.1.0"
