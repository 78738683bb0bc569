-- Most events are heartbeats and the like, which no sum reads: an hour is found without them, and writing them is cheaper.
-- Nothing reads the events of one track.
drop index analytics_events_at;
drop index analytics_events_of_track;
create index analytics_events_summed on analytics_events (at)
  where type not in ('play_heartbeat', 'play_paused', 'play_seeked', 'play_ended');

-- Nothing reads the listens of one track.
drop index listens_of_track;

-- Who listened most in a year is read from the index alone.
alter table listener_days
  drop constraint listener_days_pkey,
  add primary key (owner_id, track_id, day, user_id, source, country, device) include (play_count);
