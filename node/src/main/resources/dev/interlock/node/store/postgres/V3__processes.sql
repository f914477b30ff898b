-- The processes that serve this store together, where there may be several.
CREATE TABLE process (
    number INTEGER PRIMARY KEY,
    -- Drawn anew by each process: what it writes is written only while this is here.
    instance TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    -- Rises while it lives.
    beat BIGINT NOT NULL
);

-- What one of them alone works on.
CREATE TABLE claim (
    name TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL
);

-- Locked by each of their transactions that write.
CREATE TABLE turn (nothing INTEGER);
