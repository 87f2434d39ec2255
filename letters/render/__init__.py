"""A letter's words: templates, wordings, Markdown, HTML. No MIME.

letter             `Writer` writes the letters of a batch; `Letter`, the words for one recipient
static_wording     wordings whose letters need no rendering
analysis           static analysis: which templates need no rendering for every letter
wording            texts with gaps, shared by many letters, and how gaps are filled
gaps               values that print as gap marks: how data stay out of every parser

loader             where templates are found, and their bytes
value_filters      the filters that read a cell: number, date, int, float
numbers            numbers as people write them, in a language
dates              dates as people write them, in a language
languages          what Babel knows of a language

tag_lines          a tag alone on its line leaves no line
bounded            a Jinja environment in which templates can do a bounded amount of work
environment        the environment of letters: values from outside print as gaps
context            the variables that a template may use
template_errors    what a template raised, with row, template and line
template_syntax    why a template cannot be read, and the line that is wrong

markdown           Markdown to HTML and to plain text
addresses_in_text  bare web and e-mail addresses in Markdown
continuation       texts of several lines keep their place
plain_text         Markdown's tokens as plain text
html_text          HTML by hand as plain text
html               the HTML document: layout, CSS inlined, inline images
"""
