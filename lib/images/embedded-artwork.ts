import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ObjectStore } from '../aws/object-store.ts'
import type { Db, Sql } from '../db/client.ts'
import type { ArtworkIntake, FoundPicture, PictureOrigin } from '../media/metadata/artwork-intake.ts'
import { grantExpiry } from '../media/upload-grant.ts'
import {
  findEmbeddedUpload,
  insertEmbeddedUpload,
  lacksArtwork,
  type NewEmbeddedUpload,
} from './embedded-repository.ts'
import type { ImageHolder } from './holder.ts'
import { contentTypeOf, largestUpload } from './image-types.ts'
import { sniffImage } from './sniff.ts'

export interface EmbeddedArtworkDependencies {
  readonly sql: Sql
  readonly uploads: Pick<ObjectStore, 'put'>
  /** Tracks. */
  readonly holder: ImageHolder
  readonly now?: () => Date
}

/**
 * Has a track show the picture in its file where it shows none: it goes the way of one that somebody sends, from the
 * quarantine on. What comes of it can be read beside the track; the track itself waits for nothing.
 */
export function createEmbeddedArtwork(dependencies: EmbeddedArtworkDependencies): ArtworkIntake {
  const { sql, uploads, holder, now = () => new Date() } = dependencies

  return {
    async take(origin, picture) {
      const known = await findEmbeddedUpload(sql, origin.version_id)
      if (known ? known.status !== 'uploading' : !(await lacksArtwork(sql, origin.track_id))) return
      const bytes = await open(picture)
      if (!('refused' in bytes)) return send(origin, bytes)
      await record(origin, { ...unseen(picture), status: 'rejected', reason: bytes.refused })
    },
  }

  /** On record before it is there, so that whoever is told of it again puts it there at last. */
  async function send(origin: PictureOrigin, { content_type, bytes }: Opened): Promise<void> {
    const size_bytes = bytes.length
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const filename = `cover.${content_type.split('/')[1]}`
    await record(origin, { filename, content_type, size_bytes, sha256, status: 'uploading', reason: null })
    const upload = await findEmbeddedUpload(sql, origin.version_id)
    if (upload?.status !== 'uploading') return
    await uploads.put(upload.object_key, Readable.from([bytes]), { size_bytes, content_type })
  }

  /** The track is locked as by whoever chooses a picture for it, who has the word. */
  function record(
    origin: PictureOrigin,
    upload: Omit<NewEmbeddedUpload, keyof PictureOrigin | 'expires_at'>,
  ) {
    return sql.begin(async (tx: Db) => {
      const at = now()
      if (!(await holder.lock(tx, origin.track_id)) || !(await lacksArtwork(tx, origin.track_id))) return
      await insertEmbeddedUpload(tx, { ...origin, ...upload, expires_at: grantExpiry(at) }, at)
    })
  }
}

interface Opened {
  readonly content_type: string
  readonly bytes: Uint8Array
}

async function open(picture: FoundPicture): Promise<Opened | { readonly refused: string }> {
  if (picture.size_bytes > largestUpload.artwork + mostDescriptionBytes) return { refused: 'too_large' }
  const bytes = await picture.read()
  if (!bytes) return { refused: 'unsupported_media' }
  if (bytes.length > largestUpload.artwork) return { refused: 'too_large' }
  const format = sniffImage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return format ? { content_type: contentTypeOf(format), bytes } : { refused: 'unsupported_media' }
}

/** What a tag says of a picture is counted in its size. */
const mostDescriptionBytes = 1_024

const unseen = ({ size_bytes }: FoundPicture) => ({
  filename: 'cover',
  content_type: 'application/octet-stream',
  size_bytes: Math.max(size_bytes, 1),
  sha256: null,
})
