"""A letter's words: templates, wordings, Markdown, HTML. No MIME.

letter            `Writer` writes the letters of a batch; `Letter`, the words for one recipient
environment       the Jinja environment: values from outside print as gaps
loader            where templates are found; the environment of the layout
context           the variables that a template may use
gaps              values that print as gap marks: how data stay out of every parser
wording           texts with gaps, shared by many letters, and how gaps are filled
analysis          static analysis: templates that need no rendering for every letter
markdown          Markdown to HTML and to plain text
html              the HTML document: layout, CSS inlined, inline images
template_errors   what a template raised, with row, template and line
template_syntax   why a template cannot be read, and the line that is wrong
"""
