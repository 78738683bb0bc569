-- The session that a change of address was asked for in: it goes on when the others end.
alter table email_changes add column session_id uuid;
