import { byOwner, type Origin, recordAudit } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { type ExportRow, findOwnExport, insertExport } from './repository.ts'
import type { DataExport } from './schemas.ts'

export interface ExportDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'presignGet'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type ExportService = ReturnType<typeof createExportService>

const longestUrlSeconds = 15 * 60

/** Asking for one's data, and fetching them. */
export function createExportService({ sql, store, relay, now = () => new Date() }: ExportDependencies) {
  return {
    async request(actor: Actor, origin: Origin): Promise<DataExport> {
      const row = await sql.begin(async (tx) => {
        const added = await insertExport(tx, actor.id, now())
        if (!added) throw new AppError('export_in_progress')
        await addToOutbox(tx, 'account.export', { export_id: added.id }, origin.requestId)
        const entry = { action: 'account.export_requested', ...byOwner(actor) } as const
        await recordAudit(tx, { ...entry, target: `export:${added.id}` }, origin, now())
        return added
      })
      await relay.flushSoon()
      return row
    },

    async get({ id }: Actor, exportId: string): Promise<DataExport> {
      const row = await findOwnExport(sql, exportId, id)
      if (!row) throw new AppError('not_found')
      const left = secondsLeft(row, now())
      if (row.object_key === null || left <= 0) return row
      const filename = `veza-export-${row.created_at.toISOString().slice(0, 10)}.zip`
      const url = await store.presignGet(row.object_key, Math.min(left, longestUrlSeconds), { filename })
      return { ...row, url }
    },
  }
}

const secondsLeft = ({ status, expires_at }: ExportRow, now: Date) =>
  status === 'ready' && expires_at ? Math.floor((expires_at.getTime() - now.getTime()) / 1_000) : 0
