import type { Db, Sql } from '../db/client.ts'
import { addToOutbox } from '../outbox.ts'
import { insertFinding, lockCaseOf, markReported } from './reports-repository.ts'
import { findOthersFile, hasOthersFile, type SharedFile } from './same-file-repository.ts'

interface NewVersion {
  readonly upload_id: string
  readonly sha256: string
}

/**
 * Has moderators look at a version whose very file somebody else has too, within the transaction that takes it in. Of
 * two that come at the same time the second one sees the first; whoever uploads is told nothing.
 */
export async function askAboutFile(tx: Db, { upload_id, sha256 }: NewVersion): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${`file:${sha256}`}::text, 0))`
  const version_id = await hasOthersFile(tx, upload_id)
  if (version_id) await addToOutbox(tx, 'moderation.same_file', { version_id })
}

export interface SameFileDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** One report by the system for a track and a file, however often it is uploaded. */
export function createSameFileReports({ sql, now = () => new Date() }: SameFileDependencies) {
  return (versionId: string): Promise<void> =>
    sql.begin(async (tx) => {
      const file = await findOthersFile(tx, versionId)
      if (!file) return
      const at = now()
      const { track_id, user_id, excerpt, sha256 } = file
      const caseId = await lockCaseOf(
        tx,
        { kind: 'track', id: track_id, user_id, track_id, artist_id: null, excerpt },
        at,
      )
      const finding = { reason: 'copyright', note: describe(file), evidence: `sha256:${sha256}` } as const
      if (await insertFinding(tx, caseId, finding, at)) await markReported(tx, caseId, excerpt, at)
    })
}

const describe = ({ sha256, others }: SharedFile) =>
  `The file with the SHA-256 ${sha256} is on tracks of others as well: ${others.join(', ')}`
