-- What the hourly sweep looks for: successors of refresh tokens that nobody may ask for again.
create index sessions_sealed_successor on sessions (rotated_at) where sealed_successor is not null;
