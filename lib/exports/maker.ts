import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Sql } from '../db/client.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { dayMs, later } from '../time.ts'
import { zipPersonalData } from './archive.ts'
import { findPendingOwner, markReady } from './repository.ts'

export interface ExportMakerDependencies {
  readonly sql: Sql
  readonly store: Pick<ObjectStore, 'put'>
  readonly relay: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

const lifetimeMs = dayMs

/**
 * Makes the file of an export that waits; a second time it finds none that does. Should an account end meanwhile,
 * the object is left to the bucket's own rule.
 */
export function createExportMaker({ sql, store, relay, now = () => new Date() }: ExportMakerDependencies) {
  const upload = async (userId: string, object_key: string): Promise<number> => {
    const folder = await mkdtemp(path.join(tmpdir(), 'export-'))
    try {
      // Its size must be known before the first byte is sent, and nobody knows how much of memory it would take.
      const file = path.join(folder, 'export.zip')
      await pipeline(zipPersonalData(sql, userId, now()), createWriteStream(file))
      const { size } = await stat(file)
      await store.put(object_key, createReadStream(file), {
        size_bytes: size,
        content_type: 'application/zip',
      })
      return size
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return async (id: string): Promise<void> => {
    const userId = await findPendingOwner(sql, id)
    if (!userId) return
    const object_key = `exports/accounts/${id}.zip`
    const size_bytes = await upload(userId, object_key)
    await sql.begin(async (tx) => {
      const ready_at = now()
      const expires_at = later(ready_at, lifetimeMs)
      const isWaited = await markReady(tx, { id, object_key, size_bytes, ready_at, expires_at })
      if (isWaited) await addToOutbox(tx, 'mail.export_ready', { user_id: userId, export_id: id })
    })
    await relay.flushSoon()
  }
}
