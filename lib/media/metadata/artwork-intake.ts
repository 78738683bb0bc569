import type { EmbeddedPicture } from './tags/pieces.ts'

/** A picture that came with a clean file, and how to have its bytes; undefined where they are none. */
export interface FoundPicture {
  readonly size_bytes: EmbeddedPicture['size_bytes']
  read(): Promise<Uint8Array | undefined>
}

export interface PictureOrigin {
  readonly version_id: string
  readonly track_id: string
  readonly uploaded_by: string
}

/** Whoever makes something of the pictures in files. May be told of one twice. */
export interface ArtworkIntake {
  take(origin: PictureOrigin, picture: FoundPicture): Promise<void>
}
