-- When a licence first had few downloads left: its buyer and its seller are told once.
alter table licenses add column limit_near_at timestamptz;
