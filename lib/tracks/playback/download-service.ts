import type { Actor } from '../../auth/actor.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { audioFilename } from '../../media/delivery/file-names.ts'
import type { MediaLinks } from '../../media/delivery/media-links.ts'
import { findTrackFile } from './download-repository.ts'

export interface DownloadDependencies {
  readonly sql: Sql
  readonly links: Pick<MediaLinks, 'sign'>
  readonly now?: () => Date
}

export type DownloadService = ReturnType<typeof createDownloadService>

/** A link is checked where a request begins: a download that takes longer ends well, and is resumed by a new link. */
const linkMs = 15 * 60 * 1000

/** Hands out the files that a track was made of, to those who may have them. */
export function createDownloadService({ sql, links, now = () => new Date() }: DownloadDependencies) {
  return {
    async issue(actor: Pick<Actor, 'id'>, trackId: string, versionId?: string) {
      const track = await findTrackFile(sql, actor, trackId, versionId)
      if (!track) throw new AppError('not_found')
      if (!track.is_entitled) throw new AppError('forbidden')
      const { file } = track
      if (!file) throw new AppError(versionId === undefined ? 'track_not_ready' : 'not_found')
      if (file.status !== 'ready') throw new AppError('track_not_ready', `The version is ${file.status}`)
      const { version_id, object_key, content_type, size_bytes, sha256 } = file
      const filename = audioFilename({ ...track, ...file })
      const expires_at = wholeSeconds(now().getTime() + linkMs)
      const url = await links.sign(object_key, { expires_at, filename })
      return { url, expires_at, version_id, filename, content_type, size_bytes, sha256 }
    },
  }
}

/** Links know no smaller unit. */
const wholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000)
