import type { Db, Fragment } from '../db/client.ts'

/** What is delivered of a licence; `f` the file, `v` its version, `m` the MP3 of that, if there is one. */
export const fileTables = (db: Db): Fragment => db`
  license_files f
  join track_versions v on v.id = f.version_id
  left join version_mp3s m on m.version_id = v.id
`

/** Whether it is the file that was uploaded; one that is an MP3 is not encoded again. */
export const isOriginal = (db: Db): Fragment =>
  db`(f.format <> 'mp3' or v.container is not distinct from 'mp3')`

/** Whether it can be fetched, or why not: `pending` comes by itself, `withdrawn` may, the others never do. */
export const fileStatus = (db: Db): Fragment => db`
  case
    when v.withdrawn_at is not null then 'withdrawn'
    when v.removed_at is not null then 'removed'
    when ${isOriginal(db)} or m.made_at is not null then 'ready'
    when m.failure is not null then 'failed'
    else 'pending'
  end
`
