-- The setting that lets programs run is no longer of sources alone: targets and probes go by it too.
UPDATE settings SET key = 'commands.allowed' WHERE key = 'sources.allow_commands';
