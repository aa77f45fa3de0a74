-- What is posted of agents is followed by position; all other events are not in this index and pay nothing for it.
CREATE INDEX events_followed ON events (source_id) WHERE type GLOB 'agent.*';
