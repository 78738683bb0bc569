import type { ImageHolder } from '../images/holder.ts'
import { lockToChange } from './locking.ts'
import { findPlaylist, lockPlaylist, markCover } from './repository.ts'
import { tellOfUpdate } from './telling.ts'

/** Playlists and their covers, in the charge of the owner and the editors. */
export const covers: ImageHolder = {
  kind: 'cover',
  lockFor: (tx, playlistId, userId) => lockToChange(tx, { id: userId }, playlistId, { needs: 'edit' }),
  lock: lockPlaylist,
  isOpenTo: async (tx, playlistId, userId) =>
    (await findPlaylist(tx, playlistId, { id: userId }))?.access.edit === true,
  show: async (tx, playlistId, sha256, at) => {
    if (await markCover(tx, playlistId, sha256, at)) await tellOfUpdate(tx, playlistId)
  },
}
