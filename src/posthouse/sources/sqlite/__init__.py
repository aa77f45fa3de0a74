"""The sources `sqlite` and `sqlite-rows`: what stands in another program's SQLite database.

    settings ─▶ watching ─▶ reading ─┬─ standing   how the files stand: still, or with a log beside them
    (queries)   (changes)   (thread) ├─ copying    a private copy, where a log is live
                                     └─ tables     the query, its columns and values
    snapshot, rows: the two kinds

What always holds: no lock is ever taken on that database, nothing is written beside it, and what is told was committed.
"""
