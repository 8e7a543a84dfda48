-- What the API said (archive, socket, archive_item, socket_value, image,
-- image_file, dicom_image_set) and what was fetched (file, failure).
-- `record` columns hold the JSON as the API gave it.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE listing (
    number      INTEGER PRIMARY KEY,
    started_at  INTEGER NOT NULL,          -- seconds since 1970
    finished_at INTEGER,                   -- NULL: broken off
    items       INTEGER,                   -- distinct items seen
    images      INTEGER                    -- distinct images seen
);

CREATE TABLE archive (
    pk     TEXT PRIMARY KEY,
    slug   TEXT,
    title  TEXT NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE socket (
    pk            INTEGER PRIMARY KEY,
    slug          TEXT NOT NULL,
    super_kind    TEXT NOT NULL,
    relative_path TEXT NOT NULL,
    record        TEXT NOT NULL
);

CREATE TABLE archive_item (
    pk      TEXT PRIMARY KEY,
    title   TEXT NOT NULL,
    record  TEXT NOT NULL,                 -- without its values
    listing INTEGER NOT NULL               -- the last listing it was seen in
) WITHOUT ROWID;

CREATE TABLE socket_value (
    item     TEXT NOT NULL REFERENCES archive_item (pk) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    pk       INTEGER NOT NULL,
    socket   INTEGER NOT NULL REFERENCES socket (pk),
    value    TEXT,                         -- JSON as served; NULL: not a Value
    file     TEXT,                         -- media URL
    image    TEXT,                         -- pk of the image
    PRIMARY KEY (item, position)
) WITHOUT ROWID;
CREATE INDEX socket_value_by_image ON socket_value (image) WHERE image IS NOT NULL;
CREATE INDEX socket_value_by_file ON socket_value (pk) WHERE file IS NOT NULL;

CREATE TABLE image (
    pk              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    dicom_image_set TEXT,
    record          TEXT NOT NULL,
    listing         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX image_by_name ON image (name, pk);

CREATE TABLE image_file (
    image      TEXT NOT NULL REFERENCES image (pk) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    pk         TEXT NOT NULL,
    image_type TEXT,
    url        TEXT NOT NULL,
    PRIMARY KEY (image, position)
) WITHOUT ROWID;
CREATE INDEX image_file_by_pk ON image_file (pk);

-- How many instances a DICOM image set has, known once it was listed.
CREATE TABLE dicom_image_set (
    image        TEXT PRIMARY KEY,
    image_set_id TEXT NOT NULL,
    instances    INTEGER NOT NULL
) WITHOUT ROWID;

-- One row for each file that is whole under its final name.
CREATE TABLE file (
    path             TEXT PRIMARY KEY,     -- below the output folder, with /
    origin           TEXT NOT NULL,        -- value | file | image-file | dicom-instance
    item             TEXT,                 -- NULL in image-only mode
    socket           INTEGER,
    value            INTEGER,
    image            TEXT,
    image_file       TEXT,
    sop_instance_uid TEXT,
    size             INTEGER NOT NULL,     -- as written
    sha256           TEXT NOT NULL,
    served_size      INTEGER NOT NULL,     -- as served; differs where a header was rewritten
    served_sha256    TEXT NOT NULL,
    etag             TEXT,
    modified_ns      INTEGER NOT NULL,     -- of the file on this disk
    fetched_at       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_by_item ON file (item) WHERE item IS NOT NULL;
CREATE INDEX file_by_value ON file (value) WHERE value IS NOT NULL;
CREATE INDEX file_by_image ON file (image) WHERE image IS NOT NULL;
CREATE INDEX file_by_image_file ON file (image_file) WHERE image_file IS NOT NULL;

-- What the last run could not bring.
CREATE TABLE failure (
    place     TEXT PRIMARY KEY,
    reason    TEXT NOT NULL,
    next_step TEXT NOT NULL,
    at        INTEGER NOT NULL
) WITHOUT ROWID;
