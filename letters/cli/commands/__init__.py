"""One file a verb: its options, and a body that calls what stands in `letters.cli`.

`letters.cli.app` imports a file when its verb is used, and takes the command of the file's name.
"""
