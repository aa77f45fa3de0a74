-- Where endpoints come from. `identity`: what the target itself knows it by, null where that is its name. `is_entered`:
-- a person named it; else the target offered it. `gone_at`: since when the target offers it no more. `removed_at`: it
-- stays in the books for its deliveries' sake, and comes back under its id when its name does.
ALTER TABLE endpoints ADD COLUMN identity   TEXT;
ALTER TABLE endpoints ADD COLUMN is_entered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN gone_at    INTEGER;
ALTER TABLE endpoints ADD COLUMN removed_at INTEGER;
