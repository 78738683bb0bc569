import { randomUUID } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { Sql } from '../../lib/db/client.ts'
import { createAnalysisService } from '../../lib/media/analysis/service.ts'
import type { Container } from '../../lib/media/audio-types.ts'
import { createMemoryStorage } from './memory-storage.ts'

export interface SeededFile {
  readonly bytes: Buffer
  readonly container: Container
  readonly channels?: number
}

/** Versions whose originals are in a bucket, and the worker that listens to them. */
export function createListener(sql: Sql, now: () => Date = () => new Date()) {
  const media = createMemoryStorage('media').media!

  /** The version of a track becomes that file, and is to be listened to. */
  const put = async (version_id: string, { bytes, container, channels = 2 }: SeededFile) => {
    const key = `originals/${version_id}/${randomUUID()}`
    media.arrive(key, bytes)
    await sql`
      update track_versions
      set object_key = ${key}, size_bytes = ${bytes.length}, container = ${container}, channels = ${channels},
          stored_at = ${now()}
      where id = ${version_id}
    `
    await sql`insert into track_analyses (version_id, due_at) values (${version_id}, ${now()})`
  }

  const analysisOf = async (version_id: string) => {
    const [row] = await sql`
      select a.due_at, a.tries, a.failure, a.analysed_at, a.heard_ms, a.loudest_ms, a.detail_key, v.waveform_sha256,
        v.integrated_lufs, v.true_peak_dbtp, v.range_lu, v.detected_bpm, v.detected_musical_key
      from track_versions v left join track_analyses a on a.version_id = v.id
      where v.id = ${version_id}
    `
    return row!
  }

  const previewOf = async (version_id: string) => {
    const [row] = await sql`
      select object_key, start_ms, duration_ms, is_tagged from track_previews where version_id = ${version_id}
    `
    return row
  }

  /** What was made, by the first part of its name. */
  const made = (prefix: 'waveforms' | 'previews', version_id: string) =>
    [...media.objects].filter(([key]) => key.startsWith(`${prefix}/${version_id}/`))

  const service = (options: Partial<Parameters<typeof createAnalysisService>[0]> = {}) =>
    createAnalysisService({ sql, media, now, ...options })

  const discarded = async () =>
    (await sql<{ object_key: string }[]>`select object_key from discarded_objects`).map(
      (row) => row.object_key,
    )

  return { media, put, analysisOf, previewOf, made, service, discarded }
}

export const unpack = (bytes: Buffer) => JSON.parse(gunzipSync(bytes).toString())
