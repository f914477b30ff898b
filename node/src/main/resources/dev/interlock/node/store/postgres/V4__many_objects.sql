-- What a user has beside committed generations (they have an index): for a user whose key changes.
CREATE INDEX object_by_user_else ON object (holder) WHERE state <> 2;
CREATE INDEX handover_by_user ON handover (holder);
-- Looked through every second.
CREATE INDEX said_by_expiry ON said (expires);
-- One row a user, changed by every put: room for the versions of a page's rows beside them.
ALTER TABLE usage SET (fillfactor = 50);
ALTER TABLE key_group SET (fillfactor = 50);
ALTER TABLE meta SET (fillfactor = 10);
