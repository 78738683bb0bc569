import type { Db, Fragment } from '../db/client.ts'

/** Who is named for a track, or else its owner; `t` is the track and `o` the owner. */
export const artistOf = (db: Db): Fragment => db`
  coalesce(
    (select string_agg(a->>'name', ', ') from jsonb_array_elements(t.artists) a), nullif(o.display_name, ''), o.username
  )
`
