import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'
import { person } from '../users/person.ts'

export const mostCollaborators = 50

const playlistRole = z.enum(['owner', 'editor', 'viewer'])
export type PlaylistRole = z.output<typeof playlistRole>

export const collaborator = z.object({
  user: person,
  /** Editors change the items; viewers see the playlist though it is private. */
  role: playlistRole,
  created_at: timestamp,
})
export type Collaborator = z.output<typeof collaborator>

export const collaboratorPage = page(collaborator)

export const collaboratorParams = z.object({ playlist_id: id, user_id: id })

export const putCollaborator = z.strictObject({
  /** Who is made the owner must be a collaborator already; the present owner stays as an editor. */
  role: playlistRole,
})
