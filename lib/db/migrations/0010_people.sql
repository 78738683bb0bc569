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
