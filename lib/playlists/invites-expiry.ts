import type { Db } from '../db/client.ts'
import { sweep } from '../db/sweep.ts'

export const deleteExpiredInviteLinks = (db: Db, now: Date): Promise<number> =>
  sweep(db, { table: 'playlist_invite_links', key: 'id', isOver: db`expires_at <= ${now}` })
