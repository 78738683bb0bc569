-- When a play of the track by the listener counts no more, for it would be too close to one that does. The last one alone
-- let in again whatever was reported of before it.
alter table play_windows add column taken tstzmultirange not null default '{}';
update play_windows w
set taken = tstzmultirange(tstzrange(w.started_at - length, w.started_at + length, '()'))
from (
  select
    t.id,
    make_interval(secs => least(greatest(coalesce(v.duration_ms, 3600000), 30000), 3600000) / 1000.0) as length
  from tracks t
  left join track_versions v on v.id = t.current_version_id
) lengths
where lengths.id = w.track_id;
