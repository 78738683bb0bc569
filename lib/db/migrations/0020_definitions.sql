alter table track_versions
  -- The virus definitions by which it was last found clean, and when.
  add column definitions_version text,
  add column scanned_at timestamptz,
  -- Something was found in it after it had been published: it plays no more and cannot be chosen.
  add column withdrawn_at timestamptz;
