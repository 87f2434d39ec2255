"""Looking at letters before they are sent. It sends nothing and needs no network.

overview.py   the batch as a whole: who writes what, and its wordings
problems.py   problems grouped and worded, also for `letters check`
reading.py    a sealed message parsed again, as a mail program does it
terminal.py   overview, letters and wordings as text
pages.py      the same as HTML pages, with an `.eml` for each letter
html/         the templates and the style of the pages
export.py     writing the pages to a folder or one file
"""
