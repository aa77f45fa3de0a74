"""What remembers: the database, named SQL per engine, and functions over a transaction."""
