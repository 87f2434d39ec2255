"""One open letter, a list of office-holders, each written to once.

A map of the package:

errors · verdict · mailbox · headers · gaps · markdown · forms_of_address    words and facts
campaign · recipients       what a person wrote: the folder and the list
letter → message → proof    words for one recipient, sealed as bytes, the batch checked
journal · transport         what was done, and ways of doing it
mailer · preview            sending and looking
cli                         one file per verb
"""

__version__ = "0.1.0"
