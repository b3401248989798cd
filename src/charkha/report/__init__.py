"""What people read of a run: report.html and the dataset card. It reads the run's files and knows no stage.

facts: what the files say, counted once for both. rows: the sample of rows and how a message is shown. names: what
was mined from links. page: report.html. card: dataset/README.md.
"""
