alter table tracks add column is_purchasable boolean not null default false;

-- How text is cut into words, of documents and queries alike: folded, at whatever is neither letter, digit, mark
-- nor symbol; each sign of a script without spaces is a word. PostgreSQL's own parser would keep addresses and
-- hyphenated words whole, and depends on the database's locale.
create function search_words(value text) returns text[]
language sql immutable parallel safe strict as $$
  select coalesce(array_agg(left(word, 64)), '{}')
  from regexp_split_to_table(
    regexp_replace(fold(value), '([぀-ヿ㐀-䶿一-鿿가-힣])', ' \1 ', 'g') collate pg_c_utf8,
    '[[:space:][:punct:][:cntrl:]]+'
  ) as word
  where word <> ''
$$;

-- A word as part of a tsvector or tsquery in text form.
create function quote_lexeme(lexeme text) returns text
language sql immutable parallel safe strict as $$
  select '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''''
$$;

create function weighted_words(value text, weight text) returns tsvector
language sql immutable parallel safe strict as $$
  select coalesce(
    string_agg(quote_lexeme(word) || ':' || least(place, 16383) || weight, ' '), ''
  )::tsvector
  from unnest(search_words(value)) with ordinality as words (word, place)
$$;

-- What can be filtered by is a word of the document too, which no text can hold: one index answers for both.
create function filter_lexeme(kind text, value text) returns text
language sql immutable parallel safe strict as $$
  select left(chr(1) || kind || ':' || fold(value), 200)
$$;

-- The place of a key on the Camelot wheel, however it is written (`F#m`, `Gb minor`, `11A`); null for none.
create function camelot(musical_key text) returns text
language sql immutable parallel safe strict as $$
  select case
    when musical_key ~ '^(1[0-2]|[1-9])[AB]$' then musical_key
    when musical_key ~ '^[A-G]' then (
      select ((pitch + case when is_minor then 3 else 0 end) * 7 + 7 + 84) % 12 + 1 || case when is_minor then 'A' else 'B' end
      from (
        select
          ('{"C":0,"D":2,"E":4,"F":5,"G":7,"A":9,"B":11}'::jsonb ->> left(musical_key, 1))::int
            + case substr(musical_key, 2, 1) when '#' then 1 when '♯' then 1 when 'b' then -1 when '♭' then -1 else 0 end
            as pitch,
          musical_key ~ ' ?m(in(or)?)?$' as is_minor
      ) parsed
    )
  end
$$;

-- The tracks that anybody may come upon, ready to be searched. A row comes and goes with that.
create table track_search (
  track_id uuid primary key references tracks on delete cascade,
  owner_id uuid not null,
  -- Folded, to find the one that is called just so.
  title text not null,
  genre text,
  key text,
  bpm double precision,
  duration_ms integer,
  published_at timestamptz not null,
  -- Title (A) and artist (B), and what is filtered by.
  head tsvector not null,
  -- All of it: tags (C), description and lyrics (D) as well.
  body tsvector not null,
  -- Among the best known, where a page of whatever is frequent is found at once.
  is_top boolean not null default false
);
create index track_search_head on track_search using gin (head) with (fastupdate = off);
create index track_search_body on track_search using gin (body) with (fastupdate = off);
create index track_search_top_head on track_search using gin (head) with (fastupdate = off) where is_top;
create index track_search_top_body on track_search using gin (body) with (fastupdate = off) where is_top;
create index track_search_top on track_search (owner_id) where is_top;
create index track_search_newest on track_search (published_at desc, track_id desc);
create index track_search_owner on track_search (owner_id);

-- How much each is listened to, apart from the documents: what changes by the minute must not write those anew.
create table track_scores (
  track_id uuid primary key references track_search on delete cascade,
  title text not null,
  -- ln(1 + plays + 3 likes + 5 reposts)
  popularity double precision not null default 0,
  -- Sums of e^((at - epoch) / τ) over plays and likes, as logarithms: their order is that of sums that decay with
  -- time, and stays right without being touched.
  week_heat double precision,
  month_heat double precision,
  -- What was counted by the last ranking.
  ranked_score bigint not null default 0,
  tier smallint not null generated always as (floor(popularity)::smallint) stored
);
create index track_scores_popular on track_scores (popularity desc, track_id desc);
create index track_scores_week on track_scores (week_heat desc, track_id desc) where week_heat is not null;
create index track_scores_month on track_scores (month_heat desc, track_id desc) where month_heat is not null;
-- Those that are called just so, and those whose name begins so.
create index track_scores_title on track_scores (title, popularity desc, track_id desc);
create index track_scores_titles on track_scores (tier, title text_pattern_ops);

-- Tracks to be ranked: new ones, and those whose counts have changed since.
create table ranking_queue (track_id uuid primary key);
-- Artists whose name has changed since it was written into the documents, up to which track that was done.
create table search_stale (owner_id uuid primary key, after_id uuid not null default '00000000-0000-0000-0000-000000000000');

-- The words of titles and artists, to find what a mistyped one may have meant, by what is left of both without one of
-- their letters: a letter too many, too few, another one and two the wrong way round all leave something in common.
-- Trigrams would find less of short words, and took 200 ms for 130 000 of them where this takes one.
create table search_vocabulary (word text primary key);
create table search_typos (
  variant text not null,
  word text not null references search_vocabulary on delete cascade,
  primary key (variant, word)
);

create function typos_of(word text) returns setof text
language sql immutable parallel safe strict rows 8 as $$
  select distinct left(word, place - 1) || substr(word, place + 1)
  from generate_series(1, length(word)) as place
  where length(word) > 2
$$;

-- Words join with their typos; those that are known already stay as they are.
create function learn_words(words text[]) returns void language sql as $$
  with learnt as (
    insert into search_vocabulary (word)
    select distinct word from unnest(words) as word
    where left(word, 1) <> chr(1) and length(word) between 3 and 32
    order by 1
    on conflict do nothing
    returning word
  )
  insert into search_typos (variant, word)
  select variant, word from learnt cross join lateral typos_of(word) as variant
  order by 1, 2
  on conflict do nothing
$$;

-- About how many tracks have these words in a part of their document: what the planner makes of its statistics.
create function estimate_matches(part text, query tsquery) returns bigint language plpgsql strict as $$
declare
  plan json;
begin
  execute format('explain (format json) select from track_search where %I @@ %L::tsquery', part, query) into plan;
  return (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
end
$$;

-- Artists who can be found, and tags, for suggestions.
create table artist_search (
  user_id uuid primary key references users on delete cascade,
  username text not null,
  name text not null,
  tier smallint not null default 0
);
create index artist_search_name on artist_search (tier, name text_pattern_ops);
create index artist_search_username on artist_search (tier, username text_pattern_ops);
create table tag_search (
  tag text primary key,
  track_count integer not null,
  tier smallint not null generated always as (floor(ln(greatest(track_count, 1)))::smallint) stored
);
create index tag_search_tag on tag_search (tier, tag text_pattern_ops);

-- Which tracks those are.
create view findable_tracks as
select t.id
from tracks t
join users o on o.id = t.owner_id
where t.deleted_at is null and t.status = 'ready' and t.visibility = 'public' and t.hidden_at is null
  and o.deletes_at is null and o.deleted_at is null;

-- Brings the documents of tracks in line with the tracks; answers how many can be found.
create function refresh_track_search(ids uuid[]) returns integer language plpgsql as $$
declare
  found_count integer;
begin
  delete from track_search s
  where s.track_id = any(ids) and not exists (select from findable_tracks f where f.id = s.track_id);
  with documents as (
    select
      t.id, t.owner_id, fold(t.title) as title, fold(t.genre) as genre, t.published_at, v.duration_ms,
      coalesce(t.bpm, v.detected_bpm, v.tag_bpm) as bpm, camelot(coalesce(t.musical_key, v.detected_musical_key, v.tag_musical_key)) as key,
      weighted_words(t.title, 'A')
        || weighted_words(
          concat_ws(' ', o.display_name, o.username, (select string_agg(a ->> 'name', ' ') from jsonb_array_elements(t.artists) a)),
          'B'
        )
        || array_to_tsvector(array_remove(array[
          filter_lexeme('genre', t.genre),
          filter_lexeme('key', camelot(coalesce(t.musical_key, v.detected_musical_key, v.tag_musical_key))),
          filter_lexeme('bpm', floor(coalesce(t.bpm, v.detected_bpm, v.tag_bpm) / 10)::text),
          filter_lexeme('minutes', (v.duration_ms / 60000)::text),
          filter_lexeme('license', t.license),
          filter_lexeme('explicit', t.is_explicit::text),
          filter_lexeme('purchasable', t.is_purchasable::text)
        ] || array(select filter_lexeme('tag', tag) from unnest(t.tags) as tag), null)) as head,
      weighted_words(array_to_string(t.tags, ' '), 'C')
        || weighted_words(t.description || ' ' || coalesce(t.lyrics, ''), 'D') as rest
    from tracks t
    join users o on o.id = t.owner_id
    left join track_versions v on v.id = t.current_version_id
    where t.id = any(ids) and t.id in (select id from findable_tracks)
    order by t.id
  ), written as (
    insert into track_search as s (
      track_id, owner_id, title, genre, key, bpm, duration_ms, published_at, head, body
    )
    select id, owner_id, title, genre, key, bpm, duration_ms, published_at, head, head || rest from documents
    on conflict (track_id) do update
    set title = excluded.title, genre = excluded.genre, key = excluded.key, bpm = excluded.bpm, duration_ms = excluded.duration_ms,
      published_at = excluded.published_at, head = excluded.head, body = excluded.body
    returning track_id, owner_id, title
  ), scored as (
    insert into track_scores as kept (track_id, title)
    select track_id, title from written
    on conflict (track_id) do update set title = excluded.title
    where kept.title is distinct from excluded.title
  ), told as (
    insert into artist_search as kept (user_id, username, name)
    select distinct o.id, o.username, fold(o.display_name)
    from written w
    join users o on o.id = w.owner_id
    order by o.id
    on conflict (user_id) do update set username = excluded.username, name = excluded.name
    where (kept.username, kept.name) is distinct from (excluded.username, excluded.name)
  ), queued as (
    insert into ranking_queue (track_id) select track_id from written order by track_id on conflict do nothing
  )
  select count(*)::integer into found_count from written;
  return found_count;
end
$$;

-- Once a statement, however many tracks it writes.
create function follow_new_tracks() returns trigger language plpgsql as $$
declare
  ids uuid[] := array(select id from added where visibility = 'public' and status = 'ready');
begin
  if ids <> '{}' then
    perform refresh_track_search(ids);
  end if;
  return null;
end
$$;
create trigger tracks_search_new after insert on tracks
  referencing new table as added
  for each statement execute function follow_new_tracks();

create function follow_changed_tracks() returns trigger language plpgsql as $$
declare
  ids uuid[] := array(
    select n.id
    from present n
    join former o on o.id = n.id
    where 'public' in (n.visibility, o.visibility) and 'ready' in (n.status, o.status)
      and (
        n.title, n.description, n.lyrics, n.artists, n.genre, n.tags, n.bpm, n.musical_key, n.license, n.is_explicit,
        n.is_purchasable, n.visibility, n.status, n.deleted_at, n.hidden_at, n.current_version_id, n.published_at
      ) is distinct from (
        o.title, o.description, o.lyrics, o.artists, o.genre, o.tags, o.bpm, o.musical_key, o.license, o.is_explicit,
        o.is_purchasable, o.visibility, o.status, o.deleted_at, o.hidden_at, o.current_version_id, o.published_at
      )
  );
begin
  if ids <> '{}' then
    perform refresh_track_search(ids);
  end if;
  return null;
end
$$;
create trigger tracks_search_changed after update on tracks
  referencing old table as former new table as present
  for each statement execute function follow_changed_tracks();

-- A name stands in the documents of all tracks of its artist, and they are rewritten by the clock.
create function follow_artist_search() returns trigger language plpgsql as $$
begin
  insert into search_stale (owner_id) values (new.id)
  on conflict (owner_id) do update set after_id = excluded.after_id;
  return null;
end
$$;
create trigger users_search after update of display_name, username, deletes_at, deleted_at on users
  for each row
  when (
    (old.display_name, old.username, old.deletes_at, old.deleted_at)
      is distinct from (new.display_name, new.username, new.deletes_at, new.deleted_at)
  )
  execute function follow_artist_search();

select refresh_track_search(array(select id from tracks));
