import type { Actor } from '../auth/actor.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { findPlaylist, lockPlaylist } from './repository.ts'
import type { Playlist } from './schemas.ts'

interface Change {
  readonly needs: 'edit' | 'manage'
  readonly confirm?: Confirm
}

/** The playlist, locked for whoever changes it: it, its items and who has a part in it stay until the commit. */
export async function lockToChange(
  tx: Db,
  actor: Pick<Actor, 'id'>,
  playlistId: string,
  { needs, confirm }: Change,
): Promise<Playlist> {
  await lockPlaylist(tx, playlistId)
  const playlist = await findPlaylist(tx, playlistId, actor)
  if (!playlist) throw new AppError('not_found')
  if (!playlist.access[needs]) throw new AppError('forbidden')
  confirm?.(playlist)
  return playlist
}
