"""One file per filter, named for what it judges: it measures a row, then decides on the stored scores.

To add one, write `filters/<name>.py` with a class whose `name` is the file's name; it is found, run, listed and tested without another line.
"""
