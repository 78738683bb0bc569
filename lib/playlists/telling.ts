import type { Db } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'

/** Tells of a change of a playlist or its items within the transaction that makes it, once however much it changes. */
export const tellOfUpdate = (tx: Db, playlistId: string): Promise<void> =>
  addToOutbox(tx, 'playlist.updated', { playlist_id: playlistId })
