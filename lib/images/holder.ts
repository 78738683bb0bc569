import type { Db } from '../db/client.ts'
import type { ImageKind } from './image-types.ts'

/** What shows pictures of one kind: users, tracks, playlists. */
export interface ImageHolder {
  readonly kind: ImageKind
  /** Locks it where the user may change what it shows; undefined where it is nothing to them. May throw to say more. */
  lockFor(tx: Db, subjectId: string, userId: string): Promise<{ readonly revision: number } | undefined>
  /** Locks it, whoever's it is; false where it is gone. */
  lock(tx: Db, subjectId: string): Promise<boolean>
  /** Whether the user may change what it shows, still or again. It is locked. */
  isOpenTo(tx: Db, subjectId: string, userId: string): Promise<boolean>
  /** From now on it shows the image, or none. It is locked. */
  show(tx: Db, subjectId: string, sha256: string | null, at: Date): Promise<void>
}
