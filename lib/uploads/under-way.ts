import type { Db, Fragment } from '../db/client.ts'

/** As the unique index has it, by which at most one of a track is. */
export const isUnderWay = (db: Db): Fragment =>
  db`status in ('uploading', 'scanning', 'processing', 'transcoding')`
