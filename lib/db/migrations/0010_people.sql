-- Text as it is searched by: without case, accents, compatibility forms and what cannot be seen. Immutable, which
-- `unaccent` alone is not, as its dictionary and the collation are named here: so it may stand in an index.
-- Decomposed first, or only the marks that `unaccent` knows would go; composed last, for Hangul and kana.
create function fold(value text) returns text
  language sql immutable strict parallel safe
  return casefold(
    normalize(
      unaccent(
        'unaccent'::regdictionary,
        regexp_replace(
          normalize(value, nfkd),
          '[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u061c\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f'
          || '\u202a-\u202e\u2060-\u2069\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+',
          '',
          'g'
        )
      ),
      nfkc
    ) collate pg_unicode_fast
  );

-- What users are searched by: the names as they are, folded, and their words.
create function name_words(username text, display_name text) returns text[]
  language sql immutable strict parallel safe
  return array(
    select distinct left(word, 64)
    from regexp_split_to_table(
      (username || ' ' || fold(display_name)) collate pg_c_utf8,
      '[[:space:][:punct:][:cntrl:]]+'
    ) as word
    where word <> ''
  );

alter table users
  add column folded_name text not null generated always as (fold(display_name)) stored,
  add column names tsvector not null
    generated always as (array_to_tsvector(name_words(username, display_name))) stored;

create index users_listed_username on users (username collate "C")
  where email_verified_at is not null and deletes_at is null and deleted_at is null;
create index users_listed_name on users (folded_name collate "C", id)
  where email_verified_at is not null and deletes_at is null and deleted_at is null;
create index users_listed_names on users using gin (names) with (fastupdate = off)
  where email_verified_at is not null and deletes_at is null and deleted_at is null;

-- Every word of a name, once: a mistyped one is compared with these, where thousands of users share a first name.
create extension if not exists fuzzystrmatch;
create table name_vocabulary (word text collate "C" primary key);
create index name_vocabulary_similar on name_vocabulary using gin (word gin_trgm_ops) with (fastupdate = off);

create function learn_names() returns trigger language plpgsql as $$
declare
  words text[] := name_words(new.username, new.display_name);
begin
  insert into name_vocabulary (word)
  select word from unnest(words) as word
  where length(word) >= 3 and word !~ '^[0-9]+$'
  -- Two that bring the same words take them in one order, and so cannot wait for each other in a ring.
  order by word
  on conflict do nothing;
  if tg_op = 'UPDATE' then
    -- What nobody is called any more is forgotten.
    delete from name_vocabulary v
    where v.word = any(name_words(old.username, old.display_name)) and v.word <> all(words)
      and not exists (
        select from users u
        where u.names @@ ('''' || v.word || '''')::tsquery
          and u.email_verified_at is not null and u.deletes_at is null and u.deleted_at is null
      );
  end if;
  return null;
end
$$;
create trigger users_learn_names after insert on users for each row execute function learn_names();
create trigger users_relearn_names after update of username, display_name on users for each row
  when ((old.username, old.display_name) is distinct from (new.username, new.display_name))
  execute function learn_names();

insert into name_vocabulary (word)
select distinct word from users, unnest(name_words(username, display_name)) as word
where length(word) >= 3 and word !~ '^[0-9]+$';

-- Deleted ones too: a block takes the likes of these as well, and an export holds them.
create index tracks_all_of_owner on tracks (owner_id, id);
