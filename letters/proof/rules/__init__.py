"""The rules of the proof, one a file; the file is called like the rule that it reports.

rule.py              `Rule`, which every rule is a subclass of
parsed_html.py       a letter's HTML as a mail program reads it
placeholders.py      other programs' placeholders, and Markdown that was not understood
source_line.py       where a text of a letter stands in the author's files
comparable.py        texts made comparable, without differences of layout

attachment.py        an attachment that is not in the campaign folder
dead_link.py         a link that leads nowhere, or a picture that is not found
header.py            a subject or a name that does not survive its encoding in a header
language.py          a row that names no language, in a campaign of several
leftover.py          `{{`, `TODO`, other programs' placeholders, Markdown that was not understood
lost_demand.py       a demand that the HTML has and the plain text has not
lost_link.py         a link that the HTML has and the plain text has not
missing_demand.py    a demand that the letter leaves out
postal_address.py    a sender without a postal address
remote_image.py      an image that is loaded from the web
reserved_domain.py   a sender or recipient at a domain for examples
salutation.py        a salutation without a name, such as “Dear ,”
short_lines.py       short lines in a row, which Markdown joins
subject.py           an empty subject
too_large.py         a message over `max_size`
"""
