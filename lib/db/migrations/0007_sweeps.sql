-- What the sweeps look for by its time, so that an hour with nothing to do reads nothing.
create index username_holds_held_until on username_holds (held_until);
create index email_changes_expires_at on email_changes (expires_at);
create index totp_factors_unfinished on totp_factors (created_at) where enabled_at is null;
create index data_exports_expires_at on data_exports (expires_at) where status = 'ready';
