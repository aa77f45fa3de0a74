-- Notifications: deliveries of bindings that tell a person something, judged by the settings `notifications.*`.
ALTER TABLE bindings ADD COLUMN is_notification INTEGER NOT NULL DEFAULT 0;

-- The permission prompt that a delivery asks about; it finds what was said of the prompt before. Null on all others.
ALTER TABLE deliveries ADD COLUMN prompt_key TEXT;
CREATE INDEX deliveries_of_prompt ON deliveries (binding_id, prompt_key, seq) WHERE prompt_key IS NOT NULL;
